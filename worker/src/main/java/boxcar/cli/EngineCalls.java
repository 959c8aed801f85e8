package boxcar.cli;

import boxcar.config.Config;
import boxcar.files.Trees;
import boxcar.intake.JobTopic;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * How a worker was seen to call the engine for one job: for that job a script stands in the place
 * of isolate or runc, and keeps the arguments, the work directory and the box's other folders.
 *
 * @param engine which was used
 * @param stages a folder for each stage of the job, in order: {@code arguments}, NUL after each;
 *     {@code work}; of isolate {@code box}, of runc {@code bundle}
 */
record EngineCalls(String engine, List<Path> stages) {
    private static final String ISOLATE =
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

    private static final String RUNC =
            """
            #!/bin/bash
            export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
            case " $* " in
                *" run --bundle "*)
                    for argument; do [[ $last != --bundle ]] || bundle=$argument; last=$argument; done
                    work=$(sed -n 's/.*"source": *"\\([^"]*\\.disks\\/[^"]*\\)".*/\\1/p' "$bundle/config.json" | head -n 1)
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

    /** Starts a worker that is watched, installs the program's runtime, and executes one job. */
    static EngineCalls record(BenchStand stand, BenchProgram program) throws Exception {
        Path folder = Files.createDirectories(stand.folder().resolve("calls-" + program.word()));
        try (BenchWorker worker = stand.worker(1, inPlace(folder, stand.config()))) {
            worker.awaitReady();
            stand.install(program);
            Trees.empty(recordings(folder));
            String engine =
                    stand.carryOut(JobTopic.EXECUTE, program.job(BenchStand.newId()))
                            .path("engine")
                            .asText();
            try (Stream<Path> found = Files.list(recordings(folder))) {
                EngineCalls calls = new EngineCalls(engine, found.sorted().toList());
                if (calls.stages.isEmpty()) {
                    throw new IOException("the worker was not seen to run " + engine);
                }
                BenchStand.say("The bare loop is that of " + engine + ", " + program.word());
                return calls;
            }
        }
    }

    private static Path recordings(Path folder) {
        return folder.resolve("recordings");
    }

    /** Settings that put the scripts in the engines' places. */
    private static Map<String, String> inPlace(Path folder, Config config) throws IOException {
        Files.createDirectories(recordings(folder));
        Path isolate = script(folder, "isolate", ISOLATE, config.boxes().isolate());
        Path runc = script(folder, "runc", RUNC, config.boxes().runc());
        return Map.of(
                "BOXCAR_SANDBOX_ISOLATE",
                isolate.toString(),
                "BOXCAR_SANDBOX_RUNC",
                runc.toString());
    }

    private static Path script(Path folder, String name, String body, String program)
            throws IOException {
        String filled =
                body.replace("@OUT@", BareRound.quoted(recordings(folder).toString()))
                        .replace("@PROGRAM@", BareRound.quoted(program));
        Trees.write(folder, name, filled.getBytes(StandardCharsets.UTF_8), true);
        return folder.resolve(name);
    }

    /** What the engine was asked for a stage. */
    static List<String> arguments(Path stage) throws IOException {
        return Stream.of(Files.readString(stage.resolve("arguments")).split("\0", -1))
                .filter(argument -> !argument.isEmpty())
                .toList();
    }
}
