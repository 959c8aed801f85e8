package boxcar.cli;

import boxcar.intake.JobJson;
import boxcar.intake.JobTopic;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Sends an execute job: a JSON file, or options. */
@Command(
        name = "execute",
        mixinStandardHelpOptions = true,
        description = {
            "Sends a job that executes a program.",
            "The ExecuteJob is a JSON file (docs/jobs.md; examples/jobs), or made of options. '-' is standard input.",
            "",
            "  boxcar execute examples/jobs/perl-hello.json --wait",
            "  boxcar execute --runtime perl --file main.pl --stdin-file in.txt --wait",
            "  boxcar execute --runtime c --file main.c --add data/a.txt=./a.txt --arg -v --cpu-time 1 --wait --json",
            "",
        })
final class ExecuteCommand implements Callable<Integer> {
    @Mixin private final Submission submission = new Submission();

    @Parameters(arity = "0..1", paramLabel = "JOB", description = "The job as a JSON file.")
    private @Nullable Path job;

    @Option(
            names = {"-r", "--runtime"},
            paramLabel = "NAME",
            description = "Name of the runtime.")
    private @Nullable String runtime;

    @Option(
            names = "--runtime-id",
            paramLabel = "ID",
            description = "Id of the runtime, instead of its name.")
    private @Nullable Long runtimeId;

    @Option(
            names = {"-f", "--file"},
            paramLabel = "FILE",
            description = "The program; it gets the name that the runtime wants.")
    private @Nullable Path source;

    @Option(
            names = "--add",
            paramLabel = "PATH=FILE",
            description = "One more file of the work directory; may be repeated.")
    private Map<String, Path> files = new LinkedHashMap<>();

    @Option(
            names = "--zip",
            paramLabel = "FILE",
            description = "A ZIP archive to unpack into the work directory.")
    private @Nullable Path zip;

    @Option(names = "--stdin-file", paramLabel = "FILE", description = "What the program reads.")
    private @Nullable Path stdinFile;

    @Option(
            names = "--stdin",
            paramLabel = "TEXT",
            description = "What the program reads, as a text.")
    private @Nullable String stdin;

    @Option(
            names = {"-a", "--arg"},
            paramLabel = "ARG",
            description = "An argument of the program; may be repeated.")
    private List<String> args = List.of();

    @Option(
            names = {"-e", "--env"},
            paramLabel = "NAME=VALUE",
            description = "A variable of its environment; may be repeated.")
    private Map<String, String> env = new LinkedHashMap<>();

    @Option(
            names = {"-o", "--output-file"},
            paramLabel = "PATH",
            description = "A file to send back; may be repeated.")
    private List<String> outputFiles = List.of();

    @Option(names = "--wall-time", paramLabel = "SECONDS", description = "Wall time of the run.")
    private @Nullable Double wallTime;

    @Option(names = "--cpu-time", paramLabel = "SECONDS", description = "CPU time of the run.")
    private @Nullable Double cpuTime;

    @Option(names = "--memory", paramLabel = "KB", description = "Memory of the run.")
    private @Nullable Long memory;

    @Option(
            names = "--job-id",
            paramLabel = "ID",
            description = "Id of the job; default: a random one, which is printed.")
    private @Nullable String jobId;

    @Override
    public Integer call() throws Exception {
        if (job != null) {
            if (runtime != null || source != null || runtimeId != null) {
                throw new UsageException("give a job file, or --runtime and --file, not both");
            }
            return submission.send(JobTopic.EXECUTE, Inputs.read(job));
        }
        if (runtime == null && runtimeId == null) {
            throw new UsageException(
                    "give a job file, or --runtime NAME and --file FILE; see boxcar execute --help");
        }
        return submission.send(JobTopic.EXECUTE, fromOptions());
    }

    private ObjectNode fromOptions() {
        ObjectNode json = JsonNodeFactory.instance.objectNode();
        put(json, "job_id", jobId);
        put(json, "runtime", runtime);
        if (runtimeId != null) {
            json.put("runtime_id", runtimeId);
        }
        if (source != null) {
            json.set("source_code", JobJson.bytes(Inputs.read(source)));
        }
        if (zip != null) {
            json.set("zip", JobJson.bytes(Inputs.read(zip)));
        }
        ArrayNode all = json.putArray("files");
        files.forEach((path, file) ->
                all.addObject().put("path", path).set("content", JobJson.bytes(Inputs.read(file))));
        put(json, "stdin", stdin);
        if (stdinFile != null) {
            json.set("stdin", JobJson.bytes(Inputs.read(stdinFile)));
        }
        args.forEach(json.putArray("args")::add);
        env.forEach(json.putObject("env")::put);
        outputFiles.forEach(json.putArray("output_files")::add);
        limits(json);
        return json;
    }

    private void limits(ObjectNode json) {
        ObjectNode limits = JsonNodeFactory.instance.objectNode();
        if (wallTime != null) {
            limits.put("wall_time", wallTime);
        }
        if (cpuTime != null) {
            limits.put("cpu_time", cpuTime);
        }
        if (memory != null) {
            limits.put("memory", memory);
        }
        if (!limits.isEmpty()) {
            json.set("run_limits", limits);
        }
    }

    private static void put(ObjectNode json, String name, @Nullable String value) {
        if (value != null) {
            json.put(name, value);
        }
    }
}
