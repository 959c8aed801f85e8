package boxcar.cli;

import boxcar.intake.JobTopic;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** What the benchmarks execute, and the runtime that it needs. */
enum BenchProgram implements Recipe {
    /** A shell that prints: nearly nothing but the sandbox's own cost. */
    ECHO("bash", "main.sh", null, "#!/bin/bash\n. ./main.sh\n", "echo hello\n", "hello\n"),

    /** A C program that is compiled, and then run. */
    C(
            "cc",
            "main.c",
            "#!/bin/sh\nexec gcc -o program main.c\n",
            "#!/bin/sh\nexec ./program\n",
            "#include <stdio.h>\nint main(void) { return puts(\"hello\") < 0; }\n",
            "hello\n");

    /** The tools of the machine itself, so that it builds without a network. */
    private static final String MACHINE =
            """
            let
              system = builtins.currentSystem;
              machine = derivation {
                inherit system;
                name = "machine";
                builder = "/bin/sh";
                allowSubstitutes = false;
                args = [ "-e" "-c" ''
                  PATH=/usr/bin:/bin
                  mkdir $out
                  echo 'export PATH=/usr/bin:/bin' > $out/setup
                '' ];
              };
            in derivation {
              inherit system;
              name = "shell";
              builder = "/bin/sh";
              args = [ "-c" "echo > $out" ];
              stdenv = machine;
            }
            """;

    private final String runtime;
    private final String file;
    private final @Nullable String compile;
    private final String run;
    private final String source;
    private final String prints;

    BenchProgram(
            String runtime,
            String file,
            @Nullable String compile,
            String run,
            String source,
            String prints) {
        this.runtime = runtime;
        this.file = file;
        this.compile = compile;
        this.run = run;
        this.source = source;
        this.prints = prints;
    }

    void install(BenchStand stand) throws Exception {
        ObjectNode job = BenchStand.object();
        job.put("job_id", BenchStand.newId())
                .put("name", runtime)
                .put("source_file_name", file)
                .put("nix_shell", MACHINE)
                .put("run_script", run);
        if (compile != null) {
            job.put("compile_script", compile);
        }
        stand.carryOut(JobTopic.INSTALL, job);
    }

    @Override
    public ObjectNode job(String id) {
        return BenchStand.object()
                .put("job_id", id)
                .put("runtime", runtime)
                .put("source_code", source);
    }

    @Override
    public void check(ObjectNode result) throws IOException {
        BenchStand.check(result);
        byte[] printed = ResultView.bytes(result.path("run").path("stdout"));
        if (!new String(printed, StandardCharsets.UTF_8).equals(prints)) {
            throw new IOException("a job printed something else: " + result);
        }
    }

    /** The program's source, for jobs that are like its own. */
    String source() {
        return source;
    }

    /** As the command line and the results name it. */
    String word() {
        return name().toLowerCase(Locale.ROOT);
    }
}
