package boxcar.process;

import java.util.List;
import java.util.Map;

/**
 * What to start.
 *
 * @param argv the program, by path or looked up in PATH, and its arguments
 * @param environment all that it gets; nothing is inherited
 * @param stdin what it reads; treated as read-only
 */
public record Command(List<String> argv, Map<String, String> environment, byte[] stdin) {
    private static final byte[] NOTHING = new byte[0];

    public Command {
        argv = List.copyOf(argv);
        environment = Map.copyOf(environment);
    }

    /** A tool of the system: plain messages, nothing on its stdin. */
    public static Command tool(List<String> argv) {
        return new Command(
                argv,
                Map.of(
                        "PATH",
                        "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
                        "LC_ALL",
                        "C"),
                NOTHING);
    }

    /** The command in one line, for people; not for a shell. */
    public String line() {
        return String.join(" ", argv);
    }
}
