package boxcar.cli;

import boxcar.config.Config;
import boxcar.files.Trees;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.File;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What the engine's own commands can do without us: as many shells as there are boxes, each going
 * round the commands of one job. For isolate that is init, run, cleanup for each stage; for runc it
 * is run.
 *
 * <p>The commands are those that a worker was seen to give: for one job a {@link #recorder} stands
 * in the engine's place. So they have the same options, folders and environment, whatever the
 * engine's room makes of them.
 */
final class BareLoop implements AutoCloseable {
    private final Path folder;
    private final List<Path> recordings;
    private final List<Caller> callers = new ArrayList<>();

    /** One shell, and the box number that it holds. */
    private record Caller(int box, FileChannel lock, Path folder) {}

    private BareLoop(Path folder, List<Path> recordings) {
        this.folder = folder;
        this.recordings = recordings;
    }

    /**
     * Writes a program that stands in the place of isolate or runc, and keeps what it was asked.
     *
     * @return the settings that put it there
     */
    static Map<String, String> recorder(Path folder, Config config) throws IOException {
        Files.createDirectories(recordings(folder));
        Path isolate = script(folder, "isolate-recorder", RECORD_ISOLATE, config.boxes().isolate());
        Path runc = script(folder, "runc-recorder", RECORD_RUNC, config.boxes().runc());
        return Map.of(
                "BOXCAR_SANDBOX_ISOLATE",
                isolate.toString(),
                "BOXCAR_SANDBOX_RUNC",
                runc.toString());
    }

    private static Path script(Path folder, String name, String body, String program)
            throws IOException {
        String filled =
                body.replace("@OUT@", quoted(recordings(folder).toString()))
                        .replace("@PROGRAM@", quoted(program));
        Trees.write(folder, name, filled.getBytes(StandardCharsets.UTF_8), true);
        return folder.resolve(name);
    }

    private static Path recordings(Path folder) {
        return folder.resolve("recordings");
    }

    private static final String RECORD_ISOLATE =
            """
            #!/bin/bash
            case " $* " in
                *" --run "*" /runtime/"*)
                    to=@OUT@/$(date +%s%N)
                    mkdir "$to"
                    for argument; do
                        case $argument in
                            --dir=/box=*) folder=${argument#--dir=/box=}; cp -a "${folder%:rw}" "$to/work" ;;
                            --dir=/tmp=*) folder=${argument#--dir=/tmp=}; cp -a "${folder%/tmp:rw}" "$to/box" ;;
                        esac
                    done
                    printf '%s\\0' "$@" >"$to/arguments"
                    ;;
            esac
            exec @PROGRAM@ "$@"
            """;

    private static final String RECORD_RUNC =
            """
            #!/bin/bash
            export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
            case " $* " in
                *" run --bundle "*)
                    bundle=$5
                    work=$(sed -n 's/.*"source": *"\\([^"]*\\/work\\/[^"]*\\)".*/\\1/p' "$bundle/config.json" | head -n 1)
                    if [[ -n $work ]] && grep -q '"/runtime/' "$bundle/config.json"; then
                        to=@OUT@/$(date +%s%N)
                        mkdir "$to"
                        cp -a "$bundle" "$to/bundle"
                        cp -a "$work" "$to/work"
                        printf '%s\\0' "$@" >"$to/arguments"
                    fi
                    ;;
            esac
            exec @PROGRAM@ "$@"
            """;

    static void forget(Path folder) throws IOException {
        Trees.empty(recordings(folder));
    }

    /**
     * Makes the shells ready.
     *
     * @param folder where the recorder was
     * @param count shells at once
     */
    static BareLoop of(Path folder, Config config, String engine, int count) throws Exception {
        List<Path> recordings;
        try (Stream<Path> found = Files.list(recordings(folder))) {
            recordings = found.sorted().toList();
        }
        if (recordings.isEmpty()) {
            throw new IOException("the worker was not seen to run " + engine);
        }
        BareLoop loop = new BareLoop(folder, recordings);
        boolean made = false;
        try {
            int box = config.boxes().last();
            while (loop.callers.size() < count && box >= config.boxes().first()) {
                loop.claim(config.boxes().locks(), box--);
            }
            for (Caller caller : loop.callers) {
                loop.prepare(caller, engine, config);
            }
            made = true;
            return loop;
        } finally {
            if (!made) {
                loop.close();
            }
        }
    }

    private void claim(Path locks, int box) throws IOException {
        FileChannel channel =
                FileChannel.open(
                        locks.resolve(Integer.toString(box)),
                        StandardOpenOption.CREATE,
                        StandardOpenOption.WRITE);
        if (channel.tryLock() == null) {
            channel.close();
        } else {
            callers.add(
                    new Caller(box, channel, Files.createDirectory(folder.resolve("bare-" + box))));
        }
    }

    private void prepare(Caller caller, String engine, Config config) throws Exception {
        StringBuilder round = new StringBuilder();
        for (Path recording : recordings) {
            round.append(
                    engine.equals("runc")
                            ? runc(caller, recording, config)
                            : isolate(caller, recording, config));
        }
        Files.writeString(
                caller.folder.resolve("loop"),
                "rounds=$1\nwhile [ $rounds -gt 0 ]; do\n"
                        + round
                        + "rounds=$((rounds - 1))\ndone\n");
    }

    private String isolate(Caller caller, Path recording, Config config) throws Exception {
        List<String> arguments = arguments(recording);
        int recorded =
                arguments.stream()
                        .filter(a -> a.startsWith("--box-id="))
                        .mapToInt(a -> Integer.parseInt(a.substring(9)))
                        .findFirst()
                        .orElseThrow();
        int user = (int) Files.getAttribute(recording.resolve("work"), "unix:uid");
        Path work = work(caller, user - recorded + caller.box);
        Path box = caller.folder.resolve("box");
        if (!Files.exists(box)) {
            copy(recordings.getFirst().resolve("box"), box);
        }
        List<String> ours = new ArrayList<>();
        for (String argument : arguments) {
            ours.add(inOurPlace(argument, caller, work, box));
        }
        String start = quoted(config.boxes().isolate());
        String mode = (arguments.contains("--cg") ? " --cg" : "") + " --box-id=" + caller.box;
        return start
                + mode
                + " --init >/dev/null || exit\n"
                + start
                + quoted(ours)
                + " </dev/null >/dev/null || exit\n"
                + start
                + mode
                + " --cleanup || exit\n";
    }

    private static String inOurPlace(String argument, Caller caller, Path work, Path box) {
        if (argument.startsWith("--box-id=")) {
            return "--box-id=" + caller.box;
        }
        if (argument.startsWith("--meta=")) {
            return "--meta=" + caller.folder.resolve("meta");
        }
        if (argument.startsWith("--dir=/box=")) {
            return "--dir=/box=" + work + ":rw";
        }
        if (argument.startsWith("--dir=/tmp=")) {
            return "--dir=/tmp=" + box.resolve("tmp") + ":rw";
        }
        if (argument.startsWith("--dir=/dev/shm=")) {
            return "--dir=/dev/shm=" + box.resolve("shm") + ":rw";
        }
        if (argument.startsWith("--dir=/dev=")) {
            return "--dir=/dev=" + box.resolve("dev") + ":dev";
        }
        return argument;
    }

    /** An equal bundle, but the program itself is what the container starts. */
    private String runc(Caller caller, Path recording, Config config) throws Exception {
        Path bundle = caller.folder.resolve(recording.getFileName());
        Files.createDirectory(bundle);
        Path root = Files.createDirectories(caller.folder.resolve("root"));
        Path state = caller.folder.resolve("state");
        ObjectMapper mapper = new ObjectMapper();
        ObjectNode config1 =
                (ObjectNode)
                        mapper.readTree(
                                recording.resolve("bundle").resolve("config.json").toFile());
        int user = 2_000_000_000 + caller.box;
        Path work = work(caller, user);
        ((ObjectNode) config1.path("root")).put("path", root.toString()).put("readonly", false);
        ObjectNode process = (ObjectNode) config1.path("process");
        // perl init.pl ARCH UID GID COUNT ENVIRONMENT… PROGRAM ARGUMENT…
        ArrayNode args = (ArrayNode) process.path("args");
        int count = args.path(5).asInt();
        ArrayNode env = mapper.createArrayNode();
        ArrayNode program = mapper.createArrayNode();
        for (int i = 6; i < args.size(); i++) {
            (i < 6 + count ? env : program).add(args.get(i));
        }
        process.set("args", program);
        process.set("env", env);
        process.putObject("user").put("uid", user).put("gid", user);
        process.remove("capabilities");
        ArrayNode mounts = mapper.createArrayNode();
        config1.path("mounts")
                .forEach(mount -> {
                    String place = mount.path("destination").asText();
                    if (place.equals("/box")) {
                        ((ObjectNode) mount).put("source", work.toString());
                    }
                    if (!place.equals("/.boxcar")) {
                        mounts.add(mount);
                    }
                });
        config1.set("mounts", mounts);
        ObjectNode linux = (ObjectNode) config1.path("linux");
        if (!linux.path("cgroupsPath").asText().isEmpty()) {
            linux.put("cgroupsPath", "/boxcar-bench/box-" + caller.box);
        }
        Files.write(bundle.resolve("config.json"), mapper.writeValueAsBytes(config1));
        return quoted(config.boxes().runc())
                + quoted(
                        List.of(
                                "--root",
                                state.toString(),
                                "run",
                                "--bundle",
                                bundle.toString(),
                                "boxcar-bench-" + caller.box))
                + " </dev/null >/dev/null || exit\n";
    }

    private Path work(Caller caller, int user) throws Exception {
        Path work = caller.folder.resolve("work");
        if (!Files.exists(work)) {
            copy(recordings.getFirst().resolve("work"), work);
            Trees.giveTo(work, user, user);
        }
        return work;
    }

    private static void copy(Path from, Path to) throws IOException, InterruptedException {
        // Device nodes too.
        int exit =
                new ProcessBuilder("cp", "-a", from.toString(), to.toString())
                        .inheritIO()
                        .start()
                        .waitFor();
        if (exit != 0) {
            throw new IOException("cannot copy " + from);
        }
    }

    private static List<String> arguments(Path recording) throws IOException {
        return List.of(Files.readString(recording.resolve("arguments")).split("\0", -1)).stream()
                .filter(argument -> !argument.isEmpty())
                .toList();
    }

    private static String quoted(List<String> arguments) {
        return arguments.stream()
                .map(argument -> " " + quoted(argument))
                .collect(Collectors.joining());
    }

    private static String quoted(String argument) {
        return "'" + argument.replace("'", "'\\''") + "'";
    }

    /**
     * Goes round.
     *
     * @return jobs a second
     */
    double run(int jobs) throws IOException, InterruptedException {
        int each = Math.max(1, jobs / callers.size());
        List<Process> shells = new ArrayList<>();
        long start = System.nanoTime();
        for (Caller caller : callers) {
            File log = caller.folder.resolve("log").toFile();
            shells.add(
                    new ProcessBuilder(
                                    "/bin/sh",
                                    caller.folder.resolve("loop").toString(),
                                    Integer.toString(each))
                            .redirectErrorStream(true)
                            .redirectOutput(log)
                            .start());
        }
        boolean well = true;
        for (Process shell : shells) {
            well &= shell.waitFor() == 0;
        }
        long took = System.nanoTime() - start;
        if (!well) {
            throw new IOException(
                    "the bare loop failed: "
                            + Files.readString(callers.getFirst().folder.resolve("log")));
        }
        return each * callers.size() * 1e9 / took;
    }

    @Override
    public void close() throws IOException {
        for (Caller caller : callers) {
            caller.lock.close();
        }
    }
}
