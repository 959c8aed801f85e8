package boxcar.job;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * One command to run in one box.
 *
 * <p>The work directory is a folder of the host that the program sees as {@code /box}, writable and
 * its current directory. The sandbox gives it to the box's user before the command starts; what the
 * program left there must be treated as hostile afterwards.
 *
 * @param command the program, absolute inside the box, and its arguments; no NUL
 * @param environment all that the program gets; nothing is inherited
 * @param binds read-only unless they say otherwise, beside the system's /bin, /lib, /lib64, /usr
 *     and the /etc of the box
 * @param stdin what the program reads; treated as read-only
 * @param outputCapKib how much of stdout and of stderr each is kept; what may be printed is one of
 *     the limits
 * @param network whether the host's network is reachable
 * @param listener gets the output while the stage runs
 */
public record Stage(
        StageKind kind,
        List<String> command,
        Map<String, String> environment,
        Path workDirectory,
        List<Bind> binds,
        Limits limits,
        byte[] stdin,
        int outputCapKib,
        boolean network,
        OutputListener listener) {
    public Stage {
        if (command.isEmpty()) {
            throw new IllegalArgumentException("command is empty");
        }
        command = List.copyOf(command);
        environment = Map.copyOf(environment);
        binds = List.copyOf(binds);
    }

    /** The same with a listener. */
    public Stage heardBy(OutputListener other) {
        return new Stage(
                kind,
                command,
                environment,
                workDirectory,
                binds,
                limits,
                stdin,
                outputCapKib,
                network,
                other);
    }

    /**
     * The stage with more binds.
     *
     * @param more where nothing is bound yet
     */
    public Stage with(List<Bind> more) {
        List<Bind> all = new ArrayList<>(binds);
        all.addAll(more);
        return new Stage(
                kind,
                command,
                environment,
                workDirectory,
                all,
                limits,
                stdin,
                outputCapKib,
                network,
                listener);
    }

    /**
     * Hears output as it comes, up to the limit; called from the thread that drains the stream, so
     * it must be quick. The array is used again after the call.
     */
    @FunctionalInterface
    public interface OutputListener {
        OutputListener NONE = (bytes, length) -> {};

        void printed(byte[] bytes, int length);

        /** Hears standard output, which is any output unless a listener tells them apart. */
        default void printedToStdout(byte[] bytes, int length) {
            printed(bytes, length);
        }
    }
}
