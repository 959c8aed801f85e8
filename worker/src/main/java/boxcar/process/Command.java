package boxcar.process;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * What to start.
 *
 * @param argv the program, by path or looked up in the system's folders, and its arguments
 * @param environment all that it gets; nothing is inherited
 * @param stdin what it reads; treated as read-only
 */
public record Command(List<String> argv, Map<String, String> environment, byte[] stdin) {
    private static final byte[] NOTHING = new byte[0];

    public Command {
        argv = List.copyOf(argv);
        environment = Map.copyOf(environment);
    }

    /** Where programs are looked up; never in the PATH that we were given ourselves. */
    static final List<Path> FOLDERS =
            List.of(
                    Path.of("/usr/local/sbin"),
                    Path.of("/usr/local/bin"),
                    Path.of("/usr/sbin"),
                    Path.of("/usr/bin"),
                    Path.of("/sbin"),
                    Path.of("/bin"),
                    Path.of("/run/wrappers/bin"),
                    Path.of("/run/current-system/sw/bin"));

    /**
     * Nothing in here leads to a folder that anybody but root can make or change, so that no tool
     * reads settings of others (docs/decisions/0029).
     */
    private static final Map<String, String> OF_A_TOOL =
            Map.of(
                    "PATH",
                    FOLDERS.stream().map(Path::toString).collect(Collectors.joining(":")),
                    "HOME",
                    "/nonexistent",
                    "XDG_CONFIG_HOME",
                    "/nonexistent",
                    "NIX_USER_CONF_FILES",
                    "",
                    "LC_ALL",
                    "C");

    /** A tool of the system: plain messages, nothing on its stdin. */
    public static Command tool(List<String> argv) {
        return new Command(argv, OF_A_TOOL, NOTHING);
    }

    /** The command in one line, for people; not for a shell. */
    public String line() {
        return String.join(" ", argv);
    }
}
