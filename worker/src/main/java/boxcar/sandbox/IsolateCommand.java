package boxcar.sandbox;

import boxcar.job.Bind;
import boxcar.job.Limits;
import boxcar.job.Stage;
import boxcar.process.Command;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Spells one stage as isolate's command line. No shell is in the way, here or in the box. */
final class IsolateCommand {
    private static final double MILLIS = 1000;
    private static final long NANOS_PER_MILLI = 1_000_000;

    /**
     * isolate 1 fails if its group holds more than the limit already, and no program starts with
     * less.
     */
    private static final long LEAST_OF_GROUP_KIB = 1024;

    /** Whoever may open /proc/pressure may have the kernel watch for him (psi(7)). */
    private static final List<String> MASKED =
            List.of("/proc/keys", "/proc/key-users", "/proc/pressure");

    /** Variables of the dynamic loader begin so. */
    private static final String LOADER = "LD_";

    private final IsolateTool tool;
    private final BoxFolder folder;
    private final Stage stage;

    IsolateCommand(IsolateTool tool, BoxFolder folder, Stage stage) {
        this.tool = tool;
        this.folder = folder;
        this.stage = stage;
    }

    /** With limits that isolate sets. */
    Command toRun(int box, Path meta) {
        List<String> argv = tool.command(box, "--silent", "--meta=" + meta);
        Limits limits = stage.limits();
        cpuTime(argv, limits);
        argv.add(
                tool.groups()
                        ? "--cg-mem=" + size(Math.max(limits.memoryKib(), LEAST_OF_GROUP_KIB))
                        : "--mem=" + size(limits.memoryKib()));
        argv.add("--processes=" + limits.maxProcesses());
        if (stage.network()) {
            argv.add("--share-net");
        }
        return toRun(argv, List.of());
    }

    /**
     * For a program that joins control groups of ours, which limit its memory, its CPU time and its
     * processes. Whoever starts isolate does so in a network namespace for the box.
     *
     * <p>isolate itself gets no limit of CPU time. Without {@code --cg} it would read the time from
     * /proc/PID/stat, and fail over a program that calls itself {@code x) y} (isolate 2.6,
     * get_run_time_ms). Its limit of processes counts all that a user has on the host, so it would
     * refuse before the group does, or because of somebody else's.
     *
     * @param groups how many groups, handed over as open files
     */
    Command toJoinAndRun(int groups, int box, Path meta) {
        List<String> argv = tool.command(box, "--silent", "--meta=" + meta);
        argv.add("--processes");
        argv.add("--share-net");
        argv.add("--inherit-fds");
        return toRun(argv, FirstProcess.joining(groups));
    }

    private Command toRun(List<String> argv, List<String> before) {
        Limits limits = stage.limits();
        argv.add("--wall-time=" + seconds(limits.wallTime()));
        argv.add("--fsize=" + size(limits.maxFileSizeKib()));
        argv.add("--open-files=" + limits.maxOpenFiles());
        folders(argv);
        var inherited = new HashMap<String, String>();
        environment(argv, inherited);
        argv.add("--run");
        argv.add("--");
        argv.addAll(before);
        argv.addAll(emptyForTheLoader());
        argv.addAll(stage.command());
        return new Command(argv, inherited, stage.stdin());
    }

    private static void cpuTime(List<String> argv, Limits limits) {
        argv.add("--time=" + seconds(limits.cpuTime()));
        if (!limits.extraTime().isZero()) {
            // isolate kills when both --time and --extra-time are passed; ours counts from --time.
            argv.add("--extra-time=" + seconds(limits.cpuTime().plus(limits.extraTime())));
        }
    }

    private void folders(List<String> argv) {
        argv.add("--no-default-dirs");
        for (String system : Binds.SYSTEM) {
            argv.add("--dir=" + system + ":maybe");
        }
        argv.add("--dir=/dev=" + folder.dev() + ":dev");
        argv.add("--dir=/dev/shm=" + folder.scratch().shm() + ":rw");
        argv.add("--dir=/tmp=" + folder.scratch().tmp() + ":rw");
        argv.add("--dir=/proc=proc:fs");
        masks(argv);
        argv.add("--dir=/box=" + stage.workDirectory() + ":rw");
        for (Bind bind : Binds.inOrder(stage)) {
            argv.add(
                    "--dir="
                            + bind.inside()
                            + "="
                            + bind.outside()
                            + (bind.writable() ? ":rw" : ""));
        }
    }

    /** What of /proc is not namespaced, and tells or takes more than a program needs. */
    private void masks(List<String> argv) {
        for (String masked : MASKED) {
            Path place = Path.of(masked);
            if (Files.isDirectory(place)) {
                argv.add("--dir=" + masked + "=" + folder.emptyFolder());
            } else if (Files.exists(place)) {
                argv.add("--dir=" + masked + "=" + folder.emptyFile());
            }
        }
    }

    /**
     * isolate reads {@code --env=NAME=} as "unset", and {@code --env=NAME} as "take mine". So a
     * variable without a value is given to isolate itself; never one with a value, which might be
     * an LD_PRELOAD into a program that runs as root. For the same reason empty variables of the
     * dynamic loader are not given to it, for to ld.so(8) some of them are orders even when empty:
     * env(1) sets those in the box.
     */
    private void environment(List<String> argv, Map<String, String> inherited) {
        if (!stage.environment().containsKey("LIBC_FATAL_STDERR_")) {
            argv.add("--env=LIBC_FATAL_STDERR_=");
        }
        stage.environment()
                .forEach((name, value) -> {
                    if (!value.isEmpty()) {
                        argv.add("--env=" + name + "=" + value);
                    } else if (!name.startsWith(LOADER)) {
                        inherited.put(name, "");
                        argv.add("--env=" + name);
                    }
                });
    }

    private List<String> emptyForTheLoader() {
        List<String> names =
                stage.environment().entrySet().stream()
                        .filter(variable -> variable.getValue().isEmpty())
                        .filter(variable -> variable.getKey().startsWith(LOADER))
                        .map(variable -> variable.getKey() + "=")
                        .sorted()
                        .toList();
        if (names.isEmpty()) {
            return names;
        }
        List<String> words = new ArrayList<>(List.of("/usr/bin/env", "--"));
        words.addAll(names);
        return words;
    }

    /** With a dot, whatever the locale, and never 0, which isolate reads as "no limit". */
    static String seconds(Duration time) {
        long millis = (time.toNanos() + NANOS_PER_MILLI - 1) / NANOS_PER_MILLI;
        return String.format(Locale.ROOT, "%.3f", Math.max(1, millis) / MILLIS);
    }

    /** isolate reads a signed 32-bit number and refuses more. */
    static long size(long kib) {
        return Math.max(1, Math.min(kib, Integer.MAX_VALUE));
    }
}
