package boxcar.job;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What one record asks, checked as far as the record alone can tell. Byte arrays are treated as
 * read-only.
 */
public sealed interface Job {
    /** The producer's id of this job: 1 to 256 characters. */
    String id();

    /** SHA-256 of the job's content, hexadecimal; the same for the same content, Avro or JSON. */
    String digest();

    Kind kind();

    /** The words of the wire. */
    enum Kind {
        INSTALL,
        REMOVE,
        EXECUTE
    }

    /** Install a runtime on every replica. */
    record Install(String id, String digest, RuntimeDefinition definition, @Nullable Check check)
            implements Job {
        @Override
        public Kind kind() {
            return Kind.INSTALL;
        }
    }

    /** Remove a runtime from every replica. */
    record Remove(String id, String digest, RuntimeRef runtime) implements Job {
        @Override
        public Kind kind() {
            return Kind.REMOVE;
        }
    }

    /**
     * Run a program.
     *
     * @param sources what goes into the work directory, in this order
     * @param tests empty: one run with {@code stdin}
     * @param outputFiles paths to send back after the run
     */
    record Execute(
            String id,
            String digest,
            RuntimeRef runtime,
            Sources sources,
            byte[] stdin,
            List<String> args,
            Map<String, String> env,
            Limits compileLimits,
            Limits runLimits,
            List<Test> tests,
            List<String> outputFiles,
            @Nullable Instant deadline)
            implements Job {
        public Execute {
            args = List.copyOf(args);
            env = Map.copyOf(env);
            tests = List.copyOf(tests);
            outputFiles = List.copyOf(outputFiles);
        }

        @Override
        public Kind kind() {
            return Kind.EXECUTE;
        }
    }

    /** Which runtime is meant. */
    sealed interface RuntimeRef {
        record ById(long id) implements RuntimeRef {}

        record ByName(String name) implements RuntimeRef {}
    }

    /**
     * The files of a program.
     *
     * @param sourceCode goes under the runtime's source file name; null if there is none
     * @param files paths are checked: relative, no {@code ..}, no collisions among themselves; a
     *     ZIP of the job is unpacked into these by the time the job is decoded
     */
    record Sources(byte @Nullable [] sourceCode, List<SourceFile> files) {
        public Sources {
            files = List.copyOf(files);
        }
    }

    /**
     * A file to write.
     *
     * @param field where in the job it came from, for rejections: {@code files[2].path}
     */
    record SourceFile(String path, byte[] content, boolean executable, String field) {}

    /** One run of many. */
    record Test(String id, byte[] stdin, List<String> args, @Nullable Expected expected) {
        public Test {
            args = List.copyOf(args);
        }
    }

    /** What a program must print. */
    record Expected(byte[] stdout, MatchMode match) {}

    /** How output is compared; the words of the wire. */
    enum MatchMode {
        EXACT,
        TRAILING_SPACE,
        TOKENS
    }

    /** A program that must pass in a new runtime. */
    record Check(byte[] sourceCode, byte[] stdin, Expected expected) {}
}
