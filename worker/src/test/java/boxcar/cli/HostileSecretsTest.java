package boxcar.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import boxcar.intake.JobTopic;
import boxcar.reliability.Must;
import boxcar.reliability.Told;
import boxcar.reliability.Tried;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A job that looks for the secrets of the worker that runs it: a real worker process on a real
 * broker, with passwords in its configuration file and its environment, and another job beside it.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class HostileSecretsTest implements Told {
    /**
     * Looks for the password and for SQLite files in all that can be read: every folder but the
     * host's programs and Nix's store, the places that are given, and /proc in every way. The
     * password is spelt backwards, so that the search does not find itself.
     */
    private static final String SEARCH =
            """
            use strict; use Fcntl qw(:mode O_RDONLY O_NONBLOCK);
            my ($word, $budget, %found) = (scalar reverse(shift), 200_000);
            sub look {
                my $path = shift;
                sysopen my $file, $path, O_RDONLY | O_NONBLOCK or return;
                my $rest = '';
                for (1..256) {
                    sysread $file, my $more, 1 << 16 or last;
                    $rest = substr($rest, -200) . $more;
                    $found{"password in $path"} = 1 if index($rest, $word) >= 0;
                    $found{"database $path"} = 1 if $_ == 1 && index($more, 'SQLite format 3') == 0;
                }
            }
            sub walk {
                my ($folder, $depth) = @_;
                return if $depth > 12 || $budget-- < 0;
                opendir my $all, $folder or return;
                for my $name (readdir $all) {
                    next if $name eq '.' || $name eq '..';
                    my $path = $folder eq '/' ? "/$name" : "$folder/$name";
                    next if $path =~ m!^/(?:usr|bin|sbin|lib|lib64|proc|sys|dev/pts|nix/store)$!;
                    my @of = lstat $path or next;
                    S_ISDIR($of[2]) ? walk($path, $depth + 1) : S_ISREG($of[2]) ? look($path) : S_ISLNK($of[2]) && $path !~ m!^/dev/! ? look($path) : 0;
                }
            }
            sub told { print map { "$_\\n" } sort keys %found; print "searched\\n"; exit 0 }
            my @known = @ARGV;
            look($_) for @known;
            told() if $ENV{KNOWN_ONLY};
            for my $root (glob('/proc/[0-9]*/root'), glob('/proc/[0-9]*/cwd'), '/proc/self/root/..') {
                look("$root$_") for @known, '/etc/shadow';
                walk($root, 9) if $root =~ /cwd/;
            }
            for my $process (glob('/proc/[0-9]*'), glob('/proc/[0-9]*/task/[0-9]*')) {
                look("$process/$_") for qw(environ cmdline stat status maps mountinfo);
                look($_) for glob "$process/fd/*";
            }
            look($_) for glob '/proc/sysvipc/*';
            walk('/', 0);
            told();
            """;

    @SuppressWarnings("NullAway.Init")
    private Field field;

    private final String password = "hush-" + UUID.randomUUID();
    private String engine = "";
    private String outcome = "";

    @BeforeAll
    void aBroker() throws Exception {
        field = Field.open();
    }

    @AfterAll
    void allEnds() throws Exception {
        field.close();
    }

    @Override
    public String engine() {
        return engine;
    }

    @Override
    public String outcome() {
        return outcome;
    }

    @Tried(
            "A job of a real worker searches every file that it can read, and /proc in every way, for Kafka's"
                    + " password (in the worker's environment and configuration file), the SQLite file, the worker's"
                    + " environment, and what another job that runs beside it has in files, arguments, environment and"
                    + " stdin; the same search finds all of them on the host")
    @Must("nothing is found")
    @ParameterizedTest
    @ValueSource(strings = {"isolate", "isolate-1", "runc"})
    void aJobThatSearchesEverythingFindsNoSecret(String program) throws Exception {
        assumeTrue(present(program), program + " is not here");
        Path file = field.folder.resolve(program + ".properties");
        Files.writeString(file, "kafka.ssl.truststore.password=" + password + "\n");
        Map<String, String> more = new HashMap<>();
        more.put("BOXCAR_CONFIG", file.toString());
        more.put("BOXCAR_KAFKA_SSL_KEY_PASSWORD", password);
        more.put("BOXCAR_SANDBOX", program.equals("runc") ? "runc" : "isolate");
        more.put("BOXCAR_SANDBOX_ISOLATE", program);
        WorkerProcess worker = field.worker(program, more);
        engine = Field.log(worker).replaceAll("(?s).*sandbox: (\\S+ [^\\s,]+).*", "$1");
        try {
            search(program, worker, file);
        } finally {
            worker.terminate();
            if (worker.awaitExit(180) == null) {
                worker.kill();
            }
        }
    }

    private void search(String program, WorkerProcess worker, Path file) throws Exception {
        if (field.client.catalogue().isEmpty()) {
            assertEquals(
                    "SUCCEEDED",
                    field.run(JobTopic.INSTALL, House.install("sh", "")).path("outcome").asText());
        }
        List<String> known =
                List.of(
                        file.toString(),
                        field.state(program).resolve("boxcar.sqlite").toString(),
                        "/proc/" + worker.pid() + "/environ");
        ObjectNode beside = beside();
        field.send(JobTopic.EXECUTE, beside);
        Field.awaitLog(worker, "lent", Field.count(worker, "returned") + 1);

        JsonNode result = field.run(JobTopic.EXECUTE, search(known));

        outcome = result.path("verdict").asText();
        assertEquals("searched\n", House.stdout(result), result::toString);
        assertEquals("OK", outcome);
        assertEquals(
                "password in %s\ndatabase %s\npassword in %s\n".formatted(known.toArray()),
                onTheHost(known));
        field.client.cancel(beside.path("job_id").asText());
        JsonNode neighbour = field.result(beside);
        assertEquals("CANCELLED", neighbour.path("outcome").asText(), neighbour::toString);
        assertTrue(
                at(neighbour, "started_at").isBefore(at(result, "started_at"))
                        && at(neighbour, "finished_at").isAfter(at(result, "finished_at")),
                () -> neighbour + " was not there all the time of " + result);
    }

    private static Instant at(JsonNode result, String field) {
        return Instant.parse(result.path(field).asText());
    }

    private String backwards() {
        return new StringBuilder(password).reverse().toString();
    }

    /** Has the password in every place that a job has, until it is cancelled. */
    private ObjectNode beside() {
        ObjectNode job =
                House.sh(
                        "for d in /box /tmp /dev/shm; do echo \"$MARK\" > $d/mark; chmod 666 $d/mark; done;"
                                + " cat > /tmp/stdin; sleep 60");
        job.putObject("run_limits").put("wall_time", 60);
        job.putObject("env").put("MARK", password);
        job.put("stdin", password);
        job.putArray("args").add(password);
        return job;
    }

    private ObjectNode search(List<String> known) {
        ObjectNode job = House.sh("exec /usr/bin/perl - \"$@\" <<'END'\n" + SEARCH + "END\n");
        var args = job.putArray("args").add(backwards());
        known.forEach(args::add);
        job.putObject("run_limits").put("wall_time", 20).put("cpu_time", 20);
        return job;
    }

    /** So that the search is known not to be blind. */
    private String onTheHost(List<String> known) throws Exception {
        Path script = Files.writeString(field.folder.resolve("search.pl"), SEARCH);
        var found = new StringBuilder();
        for (String place : known) {
            var process =
                    new ProcessBuilder("/usr/bin/perl", script.toString(), backwards(), place);
            process.environment().put("KNOWN_ONLY", "1");
            Process search = process.start();
            String said = new String(search.getInputStream().readAllBytes(), UTF_8);
            assertEquals(0, search.waitFor());
            said.lines()
                    .filter(line -> line.endsWith(" " + place))
                    .forEach(line -> found.append(line).append('\n'));
        }
        return found.toString();
    }

    private static boolean present(String program) throws Exception {
        return new ProcessBuilder("/bin/sh", "-c", "command -v " + program)
                        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                        .start()
                        .waitFor()
                == 0;
    }
}
