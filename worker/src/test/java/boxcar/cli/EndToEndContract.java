package boxcar.cli;

import static boxcar.cli.House.json;
import static boxcar.cli.House.newId;
import static boxcar.cli.House.sh;
import static boxcar.cli.House.stdout;
import static boxcar.cli.House.text;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import boxcar.files.Trees;
import boxcar.intake.BoxcarClient;
import boxcar.intake.JobTopic;
import boxcar.job.LanguageRuntime;
import boxcar.job.Sandbox.MemoryLimit;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * What the house promises, from Kafka to Kafka, whatever broker it stands on. Nothing here is a
 * fake.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class EndToEndContract {
    @SuppressWarnings("NullAway.Init")
    private House house;

    /** Starts a broker and tells where it is. */
    abstract String startBroker() throws Exception;

    abstract void stopBroker() throws Exception;

    @BeforeAll
    void open() throws Exception {
        house = House.open(startBroker());
        assertEquals("OK", house.install(House.install("sh", "")).path("verdict").asText());
        assertEquals("OK", house.install(example("runtimes/c.json")).path("verdict").asText());
    }

    @AfterAll
    void close() throws Exception {
        Path work = house.state().resolve("work");
        List<Path> left = children(work);
        List<Path> staged = children(house.state().resolve("staging"));
        int busy = house.replica.sandbox().boxes().busy();
        house.close();
        stopBroker();
        assertEquals(List.of(), left, "work directories are left");
        assertEquals(List.of(), staged, "staging folders are left");
        assertEquals(0, busy, "boxes are still lent");
    }

    private static List<Path> children(Path folder) throws IOException {
        try (Stream<Path> children = Files.list(folder)) {
            return children.toList();
        }
    }

    private static ObjectNode example(String name) throws Exception {
        ObjectNode job =
                (ObjectNode)
                        House.JSON.readTree(
                                Files.readAllBytes(Path.of("..", "examples").resolve(name)));
        return job.put("job_id", newId());
    }

    private static String rejection(JsonNode result) {
        assertEquals("REJECTED", result.path("outcome").asText(), result.toString());
        assertTrue(result.path("run").isNull(), "nothing may run");
        return result.path("rejection").path("message").asText();
    }

    private static String verdict(JsonNode result) {
        return result.path("verdict").asText(result.toString());
    }

    private static JsonNode limits(ObjectNode job, String text) throws Exception {
        return job.set("run_limits", json(text));
    }

    // --- Examples over the machine's own tools

    @ParameterizedTest
    @CsvSource({
        "cpp, g++, cpp-words, OK, '3 a\n3 rose\n2 is\n'",
        "java, javac, java-words, OK, '3 a\n3 rose\n2 is\n'",
        "python, python3, python-words, OK, '3 a\n3 rose\n2 is\n'"
    })
    void aLanguageOfTheMachineWorksWithTheUsualLimits(
            String runtime, String tool, String job, String verdict, String printed)
            throws Exception {
        assumeTrue(
                Files.isExecutable(Path.of("/usr/bin", tool)),
                () -> "this machine has no " + tool + " in /usr/bin");

        JsonNode installed = house.install(example("runtimes/" + runtime + ".json"));
        assertEquals("OK", verdict(installed), installed.toString());
        JsonNode result = house.execute(example("jobs/" + job + ".json"));

        assertEquals(verdict, verdict(result), result.toString());
        assertEquals(printed, stdout(result));
        if (runtime.equals("java")) {
            JsonNode threads = house.execute(example("jobs/java-threads.json"));
            assertEquals("333833500\n", stdout(threads), threads.toString());
            JsonNode memory = house.execute(example("jobs/java-memory.json"));
            assertEquals("RUNTIME_ERROR", verdict(memory), memory.toString());
            assertTrue(
                    text(memory.path("run").path("stderr")).contains("java.lang.OutOfMemoryError"),
                    memory.toString());
        }
    }

    // --- Execute

    @Test
    void aProgramReadsItsInputAndItsArgumentsAndItsEnvironment() throws Exception {
        ObjectNode job = sh("read line; printf '%s|%s|%s|%s' \"$line\" \"$1\" \"$2\" \"$COLOUR\"");
        job.put("stdin", "hello\n").putArray("args").add("two words").add("");
        job.putObject("env").put("COLOUR", "a=b\nc");
        JsonNode result = house.execute(job);
        assertEquals("hello|two words||a=b\nc", stdout(result));
        assertEquals("SUCCEEDED", result.path("outcome").asText());
        assertEquals(0, result.path("run").path("exit_code").asInt(-1));
        assertTrue(result.path("compile").isNull());
        for (String figure :
                List.of(
                        "cpu_time",
                        "wall_time",
                        "memory",
                        "max_rss",
                        "csw_voluntary",
                        "csw_forced")) {
            assertTrue(result.path("run").path(figure).isNumber(), figure + " in " + result);
        }
        assertTrue(
                result.path("run").path("exit_signal").isNull(),
                "a signal that was not is null, not 0");
    }

    @Test
    void bothStreamsAreToldApartAndBytesThatAreNoTextSurvive() throws Exception {
        JsonNode result = house.execute(sh("printf '\\377\\376'; echo oops >&2; exit 3"));
        assertEquals("RUNTIME_ERROR", verdict(result));
        assertEquals(3, result.path("run").path("exit_code").asInt());
        assertEquals("RE", result.path("run").path("exit_status").asText());
        assertArrayEquals(
                new byte[] {(byte) 0xff, (byte) 0xfe},
                ResultView.bytes(result.path("run").path("stdout")));
        assertEquals("oops\n", text(result.path("run").path("stderr")));
    }

    @Test
    void aSignalIsACrashWithItsNumber() throws Exception {
        JsonNode result = house.execute(sh("kill -SEGV $$"));
        assertEquals("CRASHED", verdict(result));
        assertEquals(11, result.path("run").path("exit_signal").asInt());
        assertTrue(
                result.path("run").path("exit_code").isNull(),
                "an exit status that was not is null, not 0");
    }

    @Test
    void aBusyLoopMeetsACpuLimitOfATenthOfASecond() throws Exception {
        ObjectNode job = sh("while :; do :; done");
        limits(job, "{'cpu_time': 0.1, 'wall_time': 5}");
        JsonNode run = house.execute(job).path("run");
        assertEquals("CPU_TIME_LIMIT", run.path("verdict").asText());
        assertEquals("TO", run.path("exit_status").asText());
        assertTrue(run.path("exit_code").isNull());
        assertTrue(run.path("killed").asBoolean());
        assertTrue(run.path("cpu_time").asDouble() >= 0.1, run.toString());
    }

    @Test
    void aSleepOfHalfASecondMeetsAWallLimitOfThreeTenths() throws Exception {
        ObjectNode job = sh("echo before; sleep 0.5; echo after");
        limits(job, "{'wall_time': 0.3}");
        JsonNode result = house.execute(job);
        assertEquals("WALL_TIME_LIMIT", verdict(result));
        assertEquals("before\n", stdout(result));
    }

    @Test
    void aProgramThatTakesTooMuchMemoryDoesNotGetIt() throws Exception {
        ObjectNode job = sh("exec perl -e 'my @k; push @k, \"x\" x (8 << 20) while 1'");
        limits(job, "{'memory': 65536}");
        JsonNode result = house.execute(job);
        boolean group = house.replica.sandbox().engine().memory() == MemoryLimit.GROUP;
        Set<String> expected =
                group ? Set.of("MEMORY_LIMIT") : Set.of("MEMORY_LIMIT", "RUNTIME_ERROR", "CRASHED");
        assertTrue(expected.contains(verdict(result)), result.toString());
        assertEquals(group, result.path("run").path("oom_killed").asBoolean());
    }

    @Test
    void aForkLoopMeetsFourProcesses() throws Exception {
        ObjectNode job =
                sh(
                        "exec perl -e '$| = 1; my $n = 0; for (1..20) { my $p = fork; if (!defined $p) { last }"
                                + " if (!$p) { sleep 5; exit } $n++ } print $n; kill 9, -1'");
        limits(job, "{'max_number_of_processes': 4}");
        JsonNode result = house.execute(job);
        assertTrue(Set.of("1", "2", "3").contains(stdout(result)), result.toString());
    }

    @Test
    void fiftyFilesMeetALimitOfFifty() throws Exception {
        ObjectNode job =
                sh(
                        "exec perl -e 'for (1..50) { open($f[$_], \">\", \"f$_\") or die \"at $_: $!\\n\" }"
                                + " print \"all\"'");
        limits(job, "{'max_open_files': 50}");
        JsonNode result = house.execute(job);
        assertEquals("RUNTIME_ERROR", verdict(result));
        assertTrue(
                text(result.path("run").path("stderr")).contains("Too many open files"),
                result.toString());
    }

    @Test
    void aFileOfFiveMegabytesMeetsALimitOfThree() throws Exception {
        ObjectNode job = sh("exec dd if=/dev/zero of=big bs=1M count=5 2>/dev/null");
        limits(job, "{'max_file_size': 3072}");
        JsonNode result = house.execute(job);
        assertEquals("FILE_SIZE_LIMIT", verdict(result));
        assertEquals(25, result.path("run").path("exit_signal").asInt());
    }

    @Test
    void aFloodIsStoppedAndWhatCameBeforeIsKept() throws Exception {
        JsonNode result = house.execute(sh("echo first; exec yes"));
        assertEquals("OUTPUT_LIMIT", verdict(result));
        assertTrue(result.path("run").path("stdout_truncated").asBoolean());
        assertEquals(65536, ResultView.bytes(result.path("run").path("stdout")).length);
        assertTrue(stdout(result).startsWith("first\ny\n"));
    }

    @Test
    void aRightAnswerOfWhichOnlySomeIsKeptIsOk() throws Exception {
        ObjectNode job = sh("yes 0123456789 | head -n 30000");
        job.putArray("tests")
                .addObject()
                .put("id", "long")
                .putObject("expected")
                .put("stdout", "0123456789\n".repeat(30_000));
        JsonNode result = house.execute(job);
        assertEquals("OK", verdict(result), result.toString());
        JsonNode run = result.at("/tests/0/run");
        assertTrue(run.path("stdout_truncated").asBoolean());
        assertEquals(65536, ResultView.bytes(run.path("stdout")).length);
    }

    @Test
    void whatMayBePrintedIsALimitLikeOthers() throws Exception {
        ObjectNode job = sh("printf %4097s; exec sleep 4");
        limits(job, "{'max_output': 4}");
        JsonNode result = house.execute(job);
        assertEquals("OUTPUT_LIMIT", verdict(result));
        assertEquals(4096, ResultView.bytes(result.path("run").path("stdout")).length);
    }

    @Test
    void aCompileErrorLeavesTheRunAbsent() throws Exception {
        JsonNode result =
                house.execute(
                        json("{'runtime': 'c', 'source_code': 'int main(void) { return x; }'}")
                                .put("job_id", newId()));
        assertEquals("COMPILE_ERROR", verdict(result));
        assertEquals("FAILED", result.path("outcome").asText());
        assertEquals("RUNTIME_ERROR", result.path("compile").path("verdict").asText());
        assertTrue(text(result.path("compile").path("stderr")).contains("error:"));
        assertTrue(result.path("run").isNull());
    }

    @Test
    void aProjectOfManyFilesIsCompiledOnceAndRunManyTimes() throws Exception {
        ObjectNode job = JSON_C.deepCopy().put("job_id", newId());
        job.put(
                "source_code",
                """
                #include <stdio.h>
                #include "lib/twice.h"
                int main(void) { int n; while (scanf("%d", &n) == 1) printf("%d \\n", TWICE(n)); }
                """);
        job.putArray("files")
                .addObject()
                .put("path", "lib/twice.h")
                .put("content", "#define TWICE(n) (2 * (n))\n");
        ObjectNode[] tests = {
            json(
                    "{'id': 'exact', 'stdin': '1', 'expected': {'stdout': '2 \\n', 'match': 'EXACT'}}"),
            json("{'id': 'lines', 'stdin': '1', 'expected': {'stdout': '2'}}"),
            json(
                    "{'id': 'tokens', 'stdin': '1 2', 'expected': {'stdout': '2 4', 'match': 'TOKENS'}}"),
            json("{'id': 'wrong', 'stdin': '1', 'expected': {'stdout': '3'}}"),
            json("{'id': 'free', 'stdin': '1'}"),
        };
        job.putArray("tests").addAll(List.of(tests));
        JsonNode result = house.execute(job);
        List<String> verdicts = new ArrayList<>();
        result.path("tests")
                .forEach(test ->
                        verdicts.add(
                                test.path("id").asText() + " " + test.path("verdict").asText()));
        assertEquals(
                List.of("exact OK", "lines OK", "tokens OK", "wrong WRONG_ANSWER", "free OK"),
                verdicts);
        assertEquals("WRONG_ANSWER", verdict(result));
        assertTrue(result.path("compile").isObject());
        assertTrue(result.path("run").isNull());
    }

    private static final ObjectNode JSON_C = House.JSON.createObjectNode().put("runtime", "c");

    @Test
    void oneTestSeesNothingOfTheOther() throws Exception {
        ObjectNode job = sh("ls; ls /tmp; touch left /tmp/left");
        job.putArray("tests").add(json("{'id': 'a'}")).add(json("{'id': 'b'}"));
        JsonNode tests = house.execute(job).path("tests");
        assertEquals("main.sh\n", text(tests.path(0).path("run").path("stdout")));
        assertEquals("main.sh\n", text(tests.path(1).path("run").path("stdout")));
    }

    @Test
    void filesMayBeExecutableAlsoInTheCopiesOfTestsAndAsTheyComeBack() throws Exception {
        ObjectNode job = sh("./bin/tool; ./plain 2>/dev/null || echo refused; chmod +x made");
        job.putArray("files")
                .add(
                        json("{'path': 'bin/tool', 'content': 'x', 'executable': true}")
                                .put("content", "#!/bin/sh\necho tool; echo > made\n"))
                .add(json("{'path': 'plain', 'content': 'x'}").put("content", "#!/bin/sh\n"));
        job.putArray("output_files").add("bin/tool").add("plain").add("made");
        ObjectNode tested = job.deepCopy().put("job_id", newId());
        tested.putArray("tests").add(json("{'id': 'a'}"));

        JsonNode result = house.execute(job);

        assertEquals("tool\nrefused\n", stdout(result));
        List<Boolean> executable = new ArrayList<>();
        result.path("output_files")
                .forEach(file -> executable.add(file.path("executable").asBoolean()));
        assertEquals(List.of(true, false, true), executable);
        JsonNode test = house.execute(tested).path("tests").path(0);
        assertEquals("tool\nrefused\n", text(test.path("run").path("stdout")));
    }

    @Test
    void filesComeBackThatTheJobAskedFor() throws Exception {
        ObjectNode job = sh("mkdir d; printf x > d/out; ln -s /etc/passwd link; mkfifo pipe");
        job.putArray("output_files").add("d/out").add("link").add("pipe").add("none").add("d");
        JsonNode result = house.execute(job);
        assertEquals(1, result.path("output_files").size(), result.toString());
        assertEquals("x", text(result.path("output_files").path(0).path("content")));
        assertEquals(
                "not a regular file", result.path("missing_output_files").path("link").asText());
        assertEquals("absent", result.path("missing_output_files").path("none").asText());
        assertTrue(result.path("missing_output_files").has("pipe"));
        assertTrue(result.path("missing_output_files").has("d"));
    }

    @Test
    void aZipIsUnpackedIntoTheWorkDirectory() throws Exception {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
            zip.putNextEntry(new ZipEntry("main.sh"));
            zip.write("cat data/a.txt".getBytes(StandardCharsets.UTF_8));
            zip.putNextEntry(new ZipEntry("data/a.txt"));
            zip.write("from the zip".getBytes(StandardCharsets.UTF_8));
        }
        ObjectNode job = House.JSON.createObjectNode().put("job_id", newId()).put("runtime", "sh");
        job.putObject("zip")
                .put("base64", java.util.Base64.getEncoder().encodeToString(bytes.toByteArray()));
        assertEquals("from the zip", stdout(house.execute(job)));
    }

    @Test
    void aClosedDirectoryThatIsLeftBehindIsCleanedUp() throws Exception {
        JsonNode result =
                house.execute(
                        sh(
                                "mkdir -p a/b; touch a/b/c; chmod 0 a/b; chmod 0700 a; umask 777; mkdir z"));
        assertEquals("OK", verdict(result));
        assertEquals(List.of(), withoutRunning());
    }

    private List<Path> withoutRunning() throws IOException {
        return children(house.state().resolve("work"));
    }

    // --- Bad input: rejected by name, and nothing runs

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{'runtime': 'cobol', 'source_code': ''}|runtime must be the name of an installed runtime, but is"
                        + " 'cobol'",
                "{'runtime_id': 4711, 'source_code': ''}|runtime_id must be the id of an installed runtime, but is"
                        + " '4711'",
                "{'runtime': 'sh', 'source_code': 'x', 'files': [{'path': 'main.sh', 'content': ''}]}|files[0].path"
                        + " 'main.sh' is in the way of source_code, which this runtime puts into 'main.sh'",
            })
    void aJobThatCannotBeCarriedOutIsRejected(String job, String message) throws Exception {
        assertEquals(message, rejection(house.execute(json(job).put("job_id", newId()))));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{'run_limits': {'memory': 0}}|run_limits.memory",
                "{'run_limits': {'cpu_time': -1}}|run_limits.cpu_time",
                "{'run_limits': {'wall_time': 1e99}}|run_limits.wall_time",
                "{'run_limit': {}}|run_limit",
                "{'files': [{'path': '../x', 'content': ''}]}|files[0].path",
                "{'args': ['a\\u0000b']}|args[0]",
                "{'deadline': '2001-01-01T00:00:00Z'}|deadline",
                "{'files': [{'path': 'x', 'content': {'base64': '%%'}}]}|files[0].content",
            })
    void aFieldThatIsWrongIsNamed(String extra, String field) throws Exception {
        ObjectNode job = sh("echo never");
        job.setAll(json(extra));
        JsonNode result = house.execute(job);
        rejection(result);
        assertTrue(
                result.path("rejection").path("field").asText().startsWith(field),
                result.toString());
    }

    @Test
    void whatNobodyCanReadGoesToTheDeadLettersWithItsReasonAndGoodJobsGoOn() throws Exception {
        String key = newId();
        house.client.send(JobTopic.EXECUTE, key, "no job at all".getBytes(StandardCharsets.UTF_8));
        assertEquals("OK", verdict(house.execute(sh("exit 0"))));
        await().atMost(Duration.ofSeconds(90))
                .until(() ->
                        house.client.deadLetters().stream()
                                .map(BoxcarClient.Raw::key)
                                .anyMatch(key::equals));
    }

    // --- The ledger

    @Test
    void aJobThatIsSentTwiceIsAnsweredTheSame() throws Exception {
        ObjectNode job = sh("date +%N");
        JsonNode first = house.execute(job);
        JsonNode second = house.execute(job);
        assertEquals(first, second);
        job.put("stdin", "something else");
        JsonNode third = house.execute(job);
        assertTrue(
                rejection(third).endsWith("was seen before with other content"), third.toString());
    }

    // --- Cancel

    @Test
    void aRunningJobIsStoppedWithWhatItPrintedSoFar() throws Exception {
        ObjectNode job = sleeper();
        try (House.Pending pending = house.send(JobTopic.EXECUTE, job)) {
            await().atMost(Duration.ofSeconds(90)).until(() -> begun(pending.id()) == 1);
            house.client.cancel(pending.id());
            JsonNode result = pending.result();
            assertEquals("CANCELLED", result.path("outcome").asText());
            // Had it run to its end, it would have printed more.
            assertEquals("started\n", stdout(result));
        }
    }

    /** How many running programs of ours have made a file {@code begun-} and their job's id. */
    private long begun(String... jobs) throws IOException {
        long begun = 0;
        for (String job : jobs) {
            try (Stream<Path> files =
                    Files.find(
                            house.config.boxes().locks(),
                            5,
                            (path, _) ->
                                    path.endsWith("begun-" + house.folder.getFileName() + job))) {
                begun += files.count();
            } catch (UncheckedIOException e) {
                // A folder that went while we looked: look again.
                return -1;
            }
        }
        return begun;
    }

    /** A program that prints, says that it has begun, and sleeps. */
    private ObjectNode sleeper() throws Exception {
        ObjectNode job = sh("");
        String mark = "begun-" + house.folder.getFileName() + job.path("job_id").asText();
        job.put("source_code", "echo started; touch " + mark + "; sleep 60; echo never");
        limits(job, "{'wall_time': 60}");
        return job;
    }

    @Test
    void aJobThatWaitsForABoxIsCancelledWhileItWaits() throws Exception {
        List<House.Pending> sleepers = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
            sleepers.add(house.send(JobTopic.EXECUTE, sleeper()));
        }
        await().atMost(Duration.ofSeconds(90))
                .until(() -> begun(sleepers.get(0).id(), sleepers.get(1).id()) == 2);
        try (House.Pending waiting = house.send(JobTopic.EXECUTE, sh("echo never"))) {
            house.client.cancel(waiting.id());
            assertEquals("CANCELLED", waiting.result().path("outcome").asText());
            assertEquals(2, house.replica.sandbox().boxes().busy(), "the sleepers sleep on");
        }
        for (House.Pending sleeper : sleepers) {
            try (sleeper) {
                house.client.cancel(sleeper.id());
                assertEquals("CANCELLED", sleeper.result().path("outcome").asText());
            }
        }
    }

    @Test
    void aJobThatIsCancelledBeforeItIsTakenDoesNotRun() throws Exception {
        ObjectNode job = sh("echo never");
        house.client.cancel(job.path("job_id").asText());
        // The control topic is one thing and the jobs' topic another: the wish must have been
        // heard.
        ObjectNode marker = sh("sleep 60");
        limits(marker, "{'wall_time': 60}");
        try (House.Pending running = house.send(JobTopic.EXECUTE, marker)) {
            house.client.cancel(running.id());
            running.result();
        }
        JsonNode result = house.execute(job);
        assertEquals("CANCELLED", result.path("outcome").asText());
        assertTrue(result.path("run").isNull());
    }

    // --- Install

    @Test
    void anEnvironmentArrivesAsItWasWritten() throws Exception {
        ObjectNode job =
                House.install(
                        "env",
                        "LINES_ = ''\n  one\n  two = 2\n''; SPACES = \"  a  b \"; EQUALS = \"x=y=z\";");
        JsonNode installed = house.install(job);
        assertEquals("OK", verdict(installed));
        assertTrue(installed.path("install").path("cpu_time").isNumber());
        ObjectNode print =
                sh("printf '%s|%s|%s' \"$LINES_\" \"$SPACES\" \"$EQUALS\"").put("runtime", "env");
        assertEquals("one\ntwo = 2\n|  a  b |x=y=z", stdout(house.execute(print)));
        Path folder =
                house.state().resolve("runtimes").resolve(installed.path("runtime_id").asText());
        assertTrue(Files.isExecutable(folder.resolve("run")));
        assertTrue(Files.exists(folder.resolve("env")));
        assertTrue(Files.exists(folder.resolve("shell.nix")));
        assertFalse(Files.exists(folder.resolve("compile")));
    }

    @Test
    void whatAnInstallationSeesOfTheHostIsLittle() throws Exception {
        String hook = "ls /etc /nix/var/nix; ls /root /home /var; cat /proc/net/dev | wc -l";
        ObjectNode job = House.install("narrow", House.hook(hook));
        JsonNode install = house.install(job).path("install");
        assertTrue(text(install.path("stderr")).contains("/root"), install.toString());
        assertFalse(text(install.path("stdout")).contains("shadow"), install.toString());
        assertTrue(text(install.path("stdout")).endsWith("3\n"), "only loopback: " + install);
    }

    @Test
    void aRuntimesOwnToolsComeBeforeTheHosts() throws Exception {
        String tools =
                """
                stdenv = derivation {
                  name = "own-tools"; system = builtins.currentSystem; builder = "/bin/sh";
                  allowSubstitutes = false;
                  args = [ "-c" ''
                    PATH=/usr/bin:/bin
                    mkdir -p $out/bin
                    for tool in python3 cat; do
                      printf '#!/bin/sh\\necho own %s $1\\n' $tool > $out/bin/$tool
                      chmod 755 $out/bin/$tool
                    done
                    echo "export PATH=$out/bin" > $out/setup
                  '' ];
                };
                """;
        ObjectNode job = House.install("own", tools);
        job.put("run_script", "#!/usr/bin/env python3\n");
        assertEquals("OK", verdict(house.install(job)));
        ObjectNode plain =
                House.install(
                        "plain",
                        "PATH = \"/opt/first:/usr/bin:/opt/last\"; SHELL = \"/x\"; TMPDIR = \"/y\";");
        plain.put("run_script", "/usr/bin/env | /usr/bin/sort");
        assertEquals("OK", verdict(house.install(plain)));

        JsonNode own = house.execute(sh("").put("runtime", "own"));
        ObjectNode shell = sh("").put("runtime", "plain");
        String variables = stdout(house.execute(shell));

        assertEquals("own python3 /runtime/run\n", stdout(own), own::toString);
        assertTrue(variables.contains("\nPATH=/opt/first:/usr/bin:/opt/last\n"), variables);
        assertFalse(
                variables.matches(
                        "(?s).*\n(SHELL|IN_NIX_SHELL|NIX_BUILD_[A-Z]+|NIX_REMOTE|TMP|TEMP|TEMPDIR)=.*"),
                variables);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "run_script | #!/bin/sh%r | ends with LF alone",
                "compile_script | #!/bin/sh%r | ends with LF alone",
                "run_script | #!python3 | absolute path",
                "run_script | #! | an interpreter after '#!'",
                "run_script | #!/usr/bin/python9 | there is no /usr/bin/python9 in the box",
                "compile_script | #!/usr/lib | /usr/lib is a folder",
                "run_script | #!/usr/share/dict/none | there is no /usr/share/dict/none in the box",
                "run_script | #!/usr/lib/os-release | /usr/lib/os-release is not executable",
                "run_script | #!/usr/bin/env python9 | /usr/bin/env finds no python9 in the runtime's PATH",
                "run_script | #!/usr/bin/env perl -w | '/usr/bin/env -S perl -w'"
            })
    void aScriptThatNoJobCouldStartIsRejectedWithItsFirstLine(
            String field, String line, String cause) throws Exception {
        ObjectNode job = House.install("unstartable", "");
        job.put(field, line.replace("%r", "\r") + "\nexit 0\n");

        String message = rejection(house.install(job));

        assertTrue(message.startsWith(field + " must "), message);
        assertTrue(message.contains(cause), message);
        assertTrue(message.endsWith("but is '" + line.replace("%r", "\\r") + "'"), message);
    }

    @Test
    void anInstallationThatFailsLeavesNothingBehind() throws Exception {
        List<LanguageRuntime> before = house.replica.catalogue().list();
        JsonNode result =
                house.install(House.install("broken", "").put("nix_shell", "this is no nix"));
        assertEquals("FAILED", result.path("outcome").asText());
        assertEquals("RUNTIME_ERROR", result.path("install").path("verdict").asText());
        assertTrue(
                text(result.path("install").path("stderr")).contains("error:"), result.toString());
        ObjectNode job = House.install("unchecked", "");
        job.putObject("check")
                .put("source_code", "echo 1")
                .putObject("expected")
                .put("stdout", "2");
        JsonNode unchecked = house.install(job);
        assertEquals("WRONG_ANSWER", verdict(unchecked));
        assertTrue(unchecked.path("runtime_id").isNull());
        assertEquals(before.size(), house.replica.catalogue().list().size());
        Set<String> folders = new TreeSet<>();
        children(house.state().resolve("runtimes"))
                .forEach(path -> folders.add(path.getFileName().toString()));
        Set<String> ids = new TreeSet<>();
        house.replica.catalogue().list().forEach(runtime -> ids.add(Long.toString(runtime.id())));
        assertEquals(ids, folders);
    }

    /** Of 256 MiB, which is the default; what it built is in the Nix store. */
    @Test
    void anInstallationThatFillsItsWorkDirectoryMeetsTheLimitOfFiles() throws Exception {
        String hook = "for i in 1 2 3 4 5 6 7; do head -c 40000000 /dev/zero > f$i || exit 1; done";
        JsonNode result = house.install(House.install("large", House.hook(hook)));
        assertEquals("FAILED", result.path("outcome").asText(), result::toString);
        assertEquals("FILE_SIZE_LIMIT", verdict(result), result::toString);
        assertEquals("FILE_SIZE_LIMIT", result.path("install").path("verdict").asText());
        assertTrue(
                text(result.path("install").path("stderr")).contains("No space left on device"),
                result::toString);
        assertTrue(house.replica.catalogue().find("large").isEmpty());
        assertEquals("OK", verdict(house.install(House.install("large", ""))));
    }

    @Test
    void anEnvironmentForWhichThereIsNoRoomLeftMeetsTheLimitOfFiles() throws Exception {
        String hook = "for i in 1 2 3 4 5 6 7; do head -c 40000000 /dev/zero > f$i; done";
        JsonNode result = house.install(House.install("crowded", House.hook(hook)));
        assertEquals("FILE_SIZE_LIMIT", verdict(result), result::toString);
        assertTrue(house.replica.catalogue().find("crowded").isEmpty());
    }

    @Test
    void aNameThatIsTakenIsRejected() throws Exception {
        String message = rejection(house.install(House.install("sh", "OTHER = \"1\";")));
        assertTrue(message.startsWith("name 'sh' is taken by runtime "), message);
    }

    @Test
    void aShellHookThatNeverEndsIsStoppedByTheClockAndNobodyElseNotices() throws Exception {
        ObjectNode job = House.install("hook", House.hook("while :; do sleep 1; done"));
        job.set("limits", json("{'wall_time': 4}"));
        try (House.Pending pending = house.send(JobTopic.INSTALL, job)) {
            await().atMost(Duration.ofSeconds(90))
                    .until(() -> house.replica.sandbox().boxes().busy() > 0);
            assertEquals("OK", verdict(house.execute(sh("echo meanwhile"))));
            assertTrue(house.replica.catalogue().find("sh").isPresent());
            assertTrue(
                    pending.within(Duration.ofMillis(1)).isEmpty(),
                    "the installation is over too soon to tell");
            JsonNode result = pending.result();
            assertEquals("WALL_TIME_LIMIT", verdict(result), result.toString());
        }
    }

    @Test
    void aRuntimeThatIsRemovedIsGoneWithItsFolder() throws Exception {
        JsonNode installed = house.install(House.install("passing", ""));
        long id = installed.path("runtime_id").asLong(-1);
        ObjectNode remove =
                json("{'type': 'RemoveRuntimeJob', 'runtime': 'passing'}").put("job_id", newId());
        JsonNode removed = house.install(remove);
        assertEquals("SUCCEEDED", removed.path("outcome").asText());
        assertEquals(id, removed.path("runtime_id").asLong());
        await().until(() ->
                Files.notExists(house.state().resolve("runtimes").resolve(Long.toString(id))));
        assertEquals(
                "runtime must be the name of an installed runtime, but is 'passing'",
                rejection(house.execute(sh("").put("runtime", "passing"))));
        assertEquals(
                "runtime must be the name of an installed runtime, but is 'passing'",
                rejection(house.install(remove.put("job_id", newId()))));
    }

    @Test
    void whatAnInstallationSaysCanBeFollowedLive() throws Exception {
        ObjectNode job = House.install("talking", "");
        List<String> lines = new ArrayList<>();
        house.install(job);
        await().atMost(Duration.ofSeconds(90))
                .until(() -> {
                    lines.clear();
                    house.client.progress(
                            new BoxcarClient.View(job.path("job_id").asText(), true, false),
                            raw -> lines.add(new String(raw.value(), StandardCharsets.UTF_8)),
                            () -> true);
                    return lines.size() >= 2;
                });
        assertTrue(lines.getFirst().contains("Installing talking"), lines.toString());
    }

    @Test
    void aReplicaWithAnEmptyDiskCatchesUpByItself() throws Exception {
        Path state = Files.createTempDirectory("boxcar-test-");
        try (Replica other = house.another(state)) {
            await().atMost(Duration.ofSeconds(90))
                    .until(() ->
                            other.catalogue()
                                    .find("c")
                                    .filter(runtime ->
                                            runtime.state() == LanguageRuntime.State.READY)
                                    .isPresent());
            assertEquals(
                    house.replica.catalogue().find("c").orElseThrow().id(),
                    other.catalogue().find("c").orElseThrow().id());
        } finally {
            Trees.delete(state);
        }
    }

    // --- The page for producers

    @Test
    void theExamplesOfThePageForProducersRun() throws Exception {
        String page = Files.readString(Path.of("..", "docs", "jobs.md"));
        List<JsonNode> results = new ArrayList<>();
        for (String block : page.split("<!-- job: ", -1)) {
            String kind = block.split(" ", 2)[0];
            int start = block.indexOf("```json");
            if (start < 0 || !Set.of("install", "execute").contains(kind)) {
                continue;
            }
            String text = block.substring(start + 7, block.indexOf("```", start + 7));
            ObjectNode job = (ObjectNode) House.JSON.readTree(text);
            if (job.path("name").asText().equals("c")) {
                continue; // this house has a c of its own
            }
            results.add(job.put("job_id", newId()));
        }
        // Installations first, whatever their place on the page.
        for (JsonNode job : results) {
            if (job.has("nix_shell")) {
                assertEquals("OK", verdict(house.install((ObjectNode) job)), job.toString());
            }
        }
        for (JsonNode job : results) {
            if (!job.has("nix_shell")) {
                JsonNode result = house.execute((ObjectNode) job);
                assertTrue(
                        Set.of("SUCCEEDED", "FAILED").contains(result.path("outcome").asText()),
                        result.toString());
            }
        }
        assertTrue(results.size() >= 4, "the page has examples");
    }
}
