package boxcar.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.util.function.Consumer;

/** Jobs that do what {@link BenchProgram#ECHO} does, but have more of something. */
final class Shapes {
    private Shapes() {}

    private record Shaped(Consumer<ObjectNode> shape) implements Recipe {
        @Override
        public ObjectNode job(String id) {
            ObjectNode job = BenchProgram.ECHO.job(id);
            shape.accept(job);
            return job;
        }

        @Override
        public void check(ObjectNode result) throws IOException {
            BenchProgram.ECHO.check(result);
        }
    }

    /** A source of so many bytes; the shell does not read on after its first lines. */
    static Recipe ofBytes(int bytes) {
        String head = BenchProgram.ECHO.source() + "exit 0\n";
        String source = head + "#".repeat(Math.max(0, bytes - head.length()));
        return new Shaped(job -> job.put("source_code", source));
    }

    /** So many files, the program's own among them, in folders of a hundred. */
    static Recipe ofFiles(int files) {
        return new Shaped(job -> {
            ArrayNode more = job.putArray("files");
            for (int i = 1; i < files; i++) {
                more.addObject()
                        .put("path", "folder-%d/file-%d.txt".formatted(i / 100, i))
                        .put("content", "This is file " + i + "\n");
            }
        });
    }

    /** So many runs. */
    static Recipe ofTests(int tests) {
        return new Recipe() {
            @Override
            public ObjectNode job(String id) {
                ObjectNode job = BenchProgram.ECHO.job(id);
                ArrayNode all = job.putArray("tests");
                for (int i = 0; i < tests; i++) {
                    all.addObject()
                            .put("id", "test " + i)
                            .putObject("expected")
                            .put("stdout", "hello\n");
                }
                return job;
            }

            @Override
            public void check(ObjectNode result) throws IOException {
                BenchStand.check(result);
                for (JsonNode test : result.path("tests")) {
                    if (!test.path("verdict").asText().equals("OK")) {
                        throw new IOException("a test did not pass: " + test);
                    }
                }
                if (result.path("tests").size() != tests) {
                    throw new IOException(
                            "not " + tests + " tests: " + result.path("tests").size());
                }
            }
        };
    }
}
