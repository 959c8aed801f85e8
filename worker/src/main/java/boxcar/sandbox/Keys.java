package boxcar.sandbox;

import boxcar.job.Fault;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/**
 * The kernel's keys of a box's user (keyrings(7)). They outlive its processes, and no namespace
 * parts them: where no filter keeps programs from making them (isolate 1, and 2, which forbids
 * keyctl but not add_key), the next stage in the box would find what this one left, in {@code
 * /proc/keys} if nowhere else.
 */
final class Keys {
    private static final Path USERS = Path.of("/proc/key-users");

    /** The kernel collects keys in the background, here within 0.1 s. */
    private static final Duration LONGEST = Duration.ofSeconds(10);

    /**
     * As the user: clears its user, session and persistent keyrings, and invalidates each. The last
     * is made if there is none (KEYCTL_GET_PERSISTENT), the others are not.
     */
    private static final String CLEAR =
            """
            $) = "$ARGV[1] $ARGV[1]"; $( = $ARGV[1]; $< = $> = $ARGV[0]; $> == $ARGV[0] or exit 1;
            my $keyctl = $ARGV[2] eq 'aarch64' ? 219 : 250;
            my @rings = map { syscall $keyctl, 0, $_ + 0, 0 } -4, -5;
            push @rings, scalar syscall $keyctl, 22, -1, -2;
            for my $ring (grep { $_ > 0 } @rings) {
                syscall $keyctl, 5, $ring + 0, 0x3f3f0000;
                syscall $keyctl, 7, $ring + 0;
                syscall $keyctl, 21, $ring + 0;
            }
            """;

    private Keys() {}

    /**
     * Takes a look at one file where there are none. Where there were some, it waits until the
     * kernel has collected them: a key that nothing holds is listed until then.
     *
     * @throws Fault if the user still has some after 10 s
     */
    static void clear(int uid, int gid) throws Fault, InterruptedException {
        if (!present(uid)) {
            return;
        }
        Tools.mustRun(
                "perl",
                "-e",
                CLEAR,
                Integer.toString(uid),
                Integer.toString(gid),
                System.getProperty("os.arch", ""));
        long deadline = System.nanoTime() + LONGEST.toNanos();
        while (present(uid)) {
            if (System.nanoTime() - deadline > 0) {
                throw Faults.box(
                        "user %d, which is a box's, has kernel keys that do not go; what else runs as it?"
                                .formatted(uid));
            }
            Thread.sleep(5);
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
