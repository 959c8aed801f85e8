package boxcar.cli;

import boxcar.job.Fault;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** The jobs of a game day: programs whose end is certain, and may come at any moment. */
final class GameDayJobs {
    private GameDayJobs() {}

    /**
     * A job, and the verdict that it gets when left in peace.
     *
     * @param json as it goes into the topic
     * @param verdict {@link #NONE} for a job of which nothing runs
     */
    record Planned(String id, byte[] json, String verdict) {}

    /** What a result's absent verdict reads as. */
    static final String NONE = "null";

    private record Kind(String runtime, String source, String verdict) {}

    private static final List<Kind> KINDS =
            List.of(
                    new Kind("perl", "print qq(hello\\n);", "OK"),
                    new Kind(
                            "perl",
                            "my ($u, $s) = times; while (1) { my ($v, $t) = times; last if $v + $t - $u - $s > 0.3 }",
                            "OK"),
                    new Kind("perl", "select undef, undef, undef, 0.5; print 'rested';", "OK"),
                    new Kind(
                            "c",
                            "#include <stdio.h>\nint main(void) { long s = 0; for (int i = 1; i <= 100; i++) s += i; printf(\"%ld\\n\", s); }\n",
                            "OK"),
                    new Kind("perl", "print qq($_ and so on\\n) for 1 .. 2000;", "OK"),
                    new Kind("perl", "print STDERR 'three'; exit 3;", "RUNTIME_ERROR"),
                    new Kind("c", "int main(void) { return undeclared; }\n", "COMPILE_ERROR"),
                    new Kind("perl", "if (fork) { wait } else { sleep 1 } print 'both';", "OK"));

    /** In turns of all kinds. */
    static List<Planned> plan(int count) {
        List<Planned> jobs = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            jobs.add(job("chaos-" + i, i));
        }
        return jobs;
    }

    /** The {@code turn}th job, of the kind whose turn it is. */
    static Planned job(String id, int turn) {
        Kind kind = KINDS.get(turn % KINDS.size());
        ObjectNode job = JsonNodeFactory.instance.objectNode();
        job.put("job_id", id).put("runtime", kind.runtime()).put("source_code", kind.source());
        return new Planned(id, job.toString().getBytes(StandardCharsets.UTF_8), kind.verdict());
    }

    /** Installs a runtime of {@code examples/}, which have no id: who sends one is to choose it. */
    static Planned installation(Examples examples, String name) throws IOException, Fault {
        ObjectNode job =
                (ObjectNode)
                        new ObjectMapper().readTree(examples.read("runtimes/" + name + ".json"));
        String id = "install-" + name;
        job.put("job_id", id);
        return new Planned(id, job.toString().getBytes(StandardCharsets.UTF_8), "OK");
    }
}
