package boxcar.cli;

import boxcar.config.Config;
import boxcar.files.Owner;
import boxcar.files.Trees;
import boxcar.sandbox.FirstProcess;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/**
 * One round of a bare loop: the engine's own commands for each stage of a job, as a worker was seen
 * to give them, but for a box, and folders, of the loop's own.
 *
 * @param folder where its folders are
 */
record BareRound(EngineCalls calls, int box, Path folder, Config config) {
    private static final ObjectMapper JSON = new ObjectMapper();

    /**
     * The worker starts isolate in a network namespace that is ready, and tells it to make none.
     * Nobody starts the loop in one, so isolate makes one for each run, as it does unless it is
     * told otherwise: the programs of neither have a network. So does runc, if it is told to.
     */
    private static final String IN_A_NETWORK = "--share-net";

    /** As lines of a shell; each ends the shell if it fails. */
    String lines() throws Exception {
        StringBuilder lines = new StringBuilder();
        for (Path stage : calls.stages()) {
            lines.append(calls.engine().equals("runc") ? runc(stage) : isolate(stage));
        }
        return lines.toString();
    }

    private String isolate(Path stage) throws Exception {
        List<String> arguments = EngineCalls.arguments(stage);
        int recorded =
                arguments.stream()
                        .filter(a -> a.startsWith("--box-id="))
                        .mapToInt(a -> Integer.parseInt(a.substring(9)))
                        .findFirst()
                        .orElseThrow();
        int user = (int) Files.getAttribute(stage.resolve("work"), "unix:uid");
        Path work = work(user - recorded + box);
        Path own = folder.resolve("box");
        if (!Files.exists(own)) {
            copy(calls.stages().getFirst().resolve("box"), own);
        }
        List<String> ours = new ArrayList<>();
        for (String argument : FirstProcess.withoutJoining(arguments)) {
            if (!argument.equals(IN_A_NETWORK)) {
                ours.add(inOurPlace(argument, work, own));
            }
        }
        String start = quoted(config.boxes().isolate());
        String mode = (arguments.contains("--cg") ? " --cg" : "") + " --box-id=" + box;
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

    private String inOurPlace(String argument, Path work, Path own) {
        if (argument.startsWith("--box-id=")) {
            return "--box-id=" + box;
        }
        if (argument.startsWith("--meta=")) {
            return "--meta=" + folder.resolve("meta");
        }
        if (argument.startsWith("--dir=/box=")) {
            return "--dir=/box=" + work + ":rw";
        }
        if (argument.startsWith("--dir=/tmp=")) {
            return "--dir=/tmp=" + own.resolve("tmp") + ":rw";
        }
        if (argument.startsWith("--dir=/dev/shm=")) {
            return "--dir=/dev/shm=" + own.resolve("shm") + ":rw";
        }
        if (argument.startsWith("--dir=/dev=")) {
            return "--dir=/dev=" + own.resolve("dev") + ":dev";
        }
        return argument;
    }

    /**
     * An equal bundle, but the program itself is what the container starts, and runc makes the
     * container's control group, as it does unless it is hindered.
     */
    private String runc(Path stage) throws Exception {
        Path bundle = Files.createDirectory(folder.resolve(stage.getFileName()));
        ObjectNode wanted =
                (ObjectNode) JSON.readTree(stage.resolve("bundle/config.json").toFile());
        int user = 2_000_000_000 + box;
        Path root = Files.createDirectories(folder.resolve("root"));
        ((ObjectNode) wanted.path("root")).put("path", root.toString()).put("readonly", false);
        startTheProgram((ObjectNode) wanted.path("process"), user);
        wanted.set("mounts", mounts(wanted, work(user)));
        ObjectNode linux = (ObjectNode) wanted.path("linux");
        linux.withArray("namespaces").addObject().put("type", "network");
        // Of one level: runc makes what is above it, too, and leaves that.
        linux.put("cgroupsPath", "/boxcar-bench-" + box);
        Files.write(bundle.resolve("config.json"), JSON.writeValueAsBytes(wanted));
        List<String> run =
                List.of(
                        "--root",
                        folder.resolve("state").toString(),
                        "run",
                        "--bundle",
                        bundle.toString(),
                        "boxcar-bench-" + box);
        return quoted(config.boxes().runc()) + quoted(run) + " </dev/null >/dev/null || exit\n";
    }

    /** In place of our first process. */
    private static void startTheProgram(ObjectNode process, int user) {
        FirstProcess ours = FirstProcess.of(words(process.path("args")));
        process.set("args", array(ours.command()));
        process.set("env", array(ours.environment()));
        process.putObject("user").put("uid", user).put("gid", user);
        process.remove("capabilities");
    }

    private static List<String> words(JsonNode array) {
        return array.valueStream().map(JsonNode::asText).toList();
    }

    private static ArrayNode array(List<String> words) {
        ArrayNode array = JSON.createArrayNode();
        words.forEach(array::add);
        return array;
    }

    private static ArrayNode mounts(ObjectNode wanted, Path work) {
        ArrayNode mounts = JSON.createArrayNode();
        wanted.path("mounts")
                .forEach(mount -> {
                    String place = mount.path("destination").asText();
                    if (place.equals("/box")) {
                        ((ObjectNode) mount).put("source", work.toString());
                    }
                    mounts.add(mount);
                });
        return mounts;
    }

    private Path work(int user) throws Exception {
        Path work = folder.resolve("work");
        if (!Files.exists(work)) {
            copy(calls.stages().getFirst().resolve("work"), work);
            Trees.giveTo(work, new Owner(user, user));
        }
        return work;
    }

    /** Device nodes too. */
    private static void copy(Path from, Path to) throws IOException, InterruptedException {
        int exit =
                new ProcessBuilder("cp", "-a", from.toString(), to.toString())
                        .inheritIO()
                        .start()
                        .waitFor();
        if (exit != 0) {
            throw new IOException("cannot copy " + from);
        }
    }

    private static String quoted(List<String> arguments) {
        return arguments.stream()
                .map(argument -> " " + quoted(argument))
                .collect(Collectors.joining());
    }

    /** For a shell. */
    static String quoted(String argument) {
        return "'" + argument.replace("'", "'\\''") + "'";
    }
}
