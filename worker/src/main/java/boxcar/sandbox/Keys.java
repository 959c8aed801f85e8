package boxcar.sandbox;

import boxcar.job.Fault;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The kernel's keys of a box's user (keyrings(7)). They outlive its processes, and no namespace
 * parts them: where no filter keeps programs from making them (isolate 1, and 2, which forbids
 * keyctl but not add_key), the next stage in the box would find what this one left, in {@code
 * /proc/keys} if nowhere else.
 */
final class Keys {
    private static final Path USERS = Path.of("/proc/key-users");

    /** As the user: takes its user, session and persistent keyrings and clears each. */
    private static final String CLEAR =
            """
            $) = "$ARGV[1] $ARGV[1]"; $( = $ARGV[1]; $< = $> = $ARGV[0]; $> == $ARGV[0] or exit 1;
            my $keyctl = $ARGV[2] eq 'aarch64' ? 219 : 250;
            my $kept = syscall $keyctl, 22, -1, -2;
            for my $ring (-4, -5, $kept) {
                syscall $keyctl, 5, $ring + 0, 0x3f3f0000;
                syscall $keyctl, 7, $ring + 0;
            }
            """;

    private Keys() {}

    /** Takes a look at one file where there are none. */
    static void clear(int uid, int gid) throws Fault, InterruptedException {
        if (present(uid)) {
            Tools.mustRun(
                    "perl",
                    "-e",
                    CLEAR,
                    Integer.toString(uid),
                    Integer.toString(gid),
                    System.getProperty("os.arch", ""));
        }
    }

    private static boolean present(int uid) throws Fault {
        try {
            return Files.exists(USERS)
                    && new String(Files.readAllBytes(USERS), StandardCharsets.US_ASCII)
                            .lines()
                            .anyMatch(line -> line.strip().startsWith(uid + ":"));
        } catch (IOException e) {
            throw Faults.box("cannot read " + USERS, e);
        }
    }
}
