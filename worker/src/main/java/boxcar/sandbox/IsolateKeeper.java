package boxcar.sandbox;

import boxcar.job.Fault;
import boxcar.process.Finished;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * The control group in which isolate 2 makes those of its boxes, and who keeps it: {@code
 * isolate-cg-keeper}, mostly as {@code isolate.service}. When that service is stopped or started
 * anew, systemd sends SIGTERM to every program in a box, which looks as if the program had ended so
 * by itself.
 *
 * @param root the group
 */
public record IsolateKeeper(Path root) {
    /** Where systemd reads units from (systemd.unit(5)). */
    private static final List<String> UNITS =
            List.of(
                    "etc/systemd/system",
                    "run/systemd/system",
                    "usr/local/lib/systemd/system",
                    "usr/lib/systemd/system",
                    "lib/systemd/system");

    /** The keeper moves itself there. */
    private static final String ITS_OWN = "daemon/cgroup.procs";

    /** What cgroup.procs says for a process that this worker does not see (cgroups(7)). */
    private static final String OF_ANOTHER_NAMESPACE = "0";

    /** Of /proc/pid/stat, counted from the state on (proc(5)). */
    private static final int FLAGS = 6;

    /** PF_EXITING, in include/linux/sched.h. */
    private static final long EXITING = 4;

    /** So soon after the programs in boxes the keeper itself is gone. */
    private static final int ROUNDS = 10;

    private static final int ROUND_MILLIS = 20;

    /**
     * Of an isolate that has groups here.
     *
     * @return nothing if it does not tell where, as version 1
     */
    static Optional<IsolateKeeper> of(String program) throws Fault, InterruptedException {
        Finished said = Tools.run(program, "--print-cg-root");
        Path root = Path.of(said.well() ? said.out().strip() : "");
        return root.isAbsolute() && Files.isDirectory(root)
                ? Optional.of(new IsolateKeeper(root))
                : Optional.empty();
    }

    /**
     * The group and its keeper at one moment.
     *
     * @param ends whether the keeper was about to end
     */
    record Mark(Object group, List<String> processes, boolean ends) {}

    /** As they are now. */
    Mark mark() {
        List<String> processes = processes();
        return new Mark(
                identity(), processes, processes.stream().anyMatch(IsolateKeeper::isEnding));
    }

    private Object identity() {
        try {
            // A group that was made anew has another inode.
            return Objects.requireNonNullElse(Files.getAttribute(root, "unix:ino"), "");
        } catch (IOException _) {
            return "gone";
        }
    }

    private List<String> processes() {
        try {
            return Files.readAllLines(root.resolve(ITS_OWN), StandardCharsets.US_ASCII);
        } catch (IOException _) {
            // There is none where the group was made by hand.
            return List.of();
        }
    }

    /**
     * Whether the keeper is about to end: it has a pending signal, or it is exiting. The keeper
     * handles no signal, so each one ends it. systemd sends SIGTERM to the keeper before it sends
     * it to the programs in boxes. So when such a program has ended, the keeper's signal is there.
     */
    private static boolean isEnding(String process) {
        if (process.equals(OF_ANOTHER_NAMESPACE)) {
            return false;
        }
        Path folder = Path.of("/proc", process);
        try {
            for (String line : Files.readAllLines(folder.resolve("status"))) {
                boolean waiting = line.startsWith("SigPnd:") || line.startsWith("ShdPnd:");
                if (waiting && !line.substring(7).strip().chars().allMatch(digit -> digit == '0')) {
                    return true;
                }
            }
            String stat = Files.readString(folder.resolve("stat"));
            String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
            return (Long.parseLong(fields[FLAGS]) & EXITING) != 0;
        } catch (IOException _) {
            // The process ended after its number was read.
            return true;
        }
    }

    /**
     * @param maybeKilled whether the stage ended as it would if the keeper had been stopped: that
     *     may then still be on its way out
     * @throws Fault if it is not as it was
     */
    void requireAsBefore(Mark before, boolean maybeKilled) throws Fault, InterruptedException {
        for (int round = 0; round < (maybeKilled ? ROUNDS : 1); round++) {
            if (round > 0) {
                Thread.sleep(ROUND_MILLIS);
            }
            Mark now = mark();
            if (now.ends() || !now.equals(before)) {
                throw Faults.sandbox(
                        "the keeper of isolate's control group %s (isolate.service) was stopped or"
                                        .formatted(root)
                                + " started anew while a stage ran");
            }
        }
    }

    /**
     * What to do where isolate has no control groups, though a service could make them.
     *
     * @return nothing if no such service is installed
     */
    static Optional<String> howToStart() {
        return isInstalled(Path.of("/"))
                ? Optional.of(
                        "isolate.service is installed but does not run; start it: systemctl enable"
                                + " --now isolate.service")
                : Optional.empty();
    }

    /**
     * Whether the service is installed, and so can be started.
     *
     * @param host its root folder
     */
    public static boolean isInstalled(Path host) {
        return UNITS.stream()
                .anyMatch(folder -> Files.exists(host.resolve(folder).resolve("isolate.service")));
    }
}
