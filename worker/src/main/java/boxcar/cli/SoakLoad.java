package boxcar.cli;

import boxcar.intake.BoxcarClient;
import boxcar.intake.JobTopic;
import boxcar.job.Fault;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What is sent in a soak, at an even rate: jobs of all kinds in turns, among them some that are to
 * be rejected and some bytes that nobody can read; and a runtime now and then, that is removed
 * again.
 */
final class SoakLoad {
    private static final int REJECTED_EACH = 20;
    private static final int UNREADABLE_EACH = 50;
    private static final String JUNK = "no job ";

    private final BoxcarClient client;
    private final double rate;
    private final List<GameDayJobs.Planned> planned = new ArrayList<>();
    private int turns;
    private int unreadable;
    private int runtimes;
    private @Nullable String installing;

    /** {@code rate} is records a second. */
    SoakLoad(BoxcarClient client, double rate) {
        this.client = client;
        this.rate = rate;
    }

    /** Sends what is due by now. */
    void send(Duration sinceStart) throws Fault, InterruptedException {
        long due = (long) (sinceStart.toMillis() / 1000.0 * rate);
        for (; turns < due; turns++) {
            if (turns % UNREADABLE_EACH == UNREADABLE_EACH - 1) {
                byte[] junk = (JUNK + turns).getBytes(StandardCharsets.UTF_8);
                client.send(JobTopic.EXECUTE, "soak-junk-" + turns, junk);
                unreadable++;
            } else if (turns % REJECTED_EACH == REJECTED_EACH - 1) {
                ObjectNode job = object("soak-" + turns).put("runtime", "perl");
                job.put("source_code", "1").putObject("run_limits").put("wall_time", 1e8);
                send(JobTopic.EXECUTE, planned(job, GameDayJobs.NONE));
            } else {
                send(JobTopic.EXECUTE, GameDayJobs.job("soak-" + turns, turns));
            }
        }
    }

    /** Installs a runtime, or removes the one that was installed last, if it is there by now. */
    void changeRuntimes() throws Fault, InterruptedException {
        String last = installing;
        if (last == null) {
            installing = "soak-runtime-" + runtimes++;
            send(JobTopic.INSTALL, planned(install(installing), "OK"));
        } else if (client.catalogue().stream().anyMatch(entry -> last.equals(entry.key()))) {
            ObjectNode job = object("remove-" + last).put("type", "RemoveRuntimeJob");
            send(JobTopic.INSTALL, planned(job.put("runtime", last), "OK"));
            installing = null;
        }
    }

    private void send(JobTopic topic, GameDayJobs.Planned job) throws Fault, InterruptedException {
        client.send(topic, job.id(), job.json());
        planned.add(job);
    }

    private static GameDayJobs.Planned planned(ObjectNode job, String verdict) {
        byte[] json = job.toString().getBytes(StandardCharsets.UTF_8);
        return new GameDayJobs.Planned(job.path("job_id").asText(), json, verdict);
    }

    private static ObjectNode object(String id) {
        return JsonNodeFactory.instance.objectNode().put("job_id", id);
    }

    /** One that builds at once and without a network. */
    private static ObjectNode install(String name) {
        return object("install-" + name)
                .put("name", name)
                .put("source_file_name", "main.sh")
                .put(
                        "nix_shell",
                        "derivation { name = \"env\"; system = builtins.currentSystem;"
                                + " builder = \"/bin/sh\"; args = []; }")
                .put("run_script", "exec /bin/sh main.sh");
    }

    /** The jobs that were sent. */
    List<GameDayJobs.Planned> jobs() {
        return List.copyOf(planned);
    }

    /** How many records were sent that are to end as dead letters. */
    int unreadable() {
        return unreadable;
    }

    /** Whether a record is one of those. */
    static boolean isUnreadable(String value) {
        return value.startsWith(JUNK);
    }

    /** How many runtimes were to be installed. */
    int runtimes() {
        return runtimes;
    }
}
