package boxcar.intake;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import boxcar.job.Job;
import boxcar.job.Limits;
import boxcar.job.StageKind;
import boxcar.schema.CancelJob;
import boxcar.schema.ExecuteJob;
import boxcar.schema.InstallJob;
import boxcar.schema.JobResult;
import boxcar.schema.ProgressLine;
import boxcar.schema.RemoveRuntimeJob;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.apache.avro.Schema;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** The producers' page says what the code does. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class JobsPageTest {
    /** A block of JSON below a comment that says what job it is. */
    private static final Pattern EXAMPLE =
            Pattern.compile("<!-- job: (\\w+) -->\n```json\n(.*?)\n```", Pattern.DOTALL);

    private final JobDecoder decoder = new JobDecoder(JobRules.standard());
    private String page = "";

    @BeforeAll
    void readsThePage() throws IOException {
        page = Files.readString(Path.of("../docs/jobs.md"));
    }

    private Map<String, List<String>> examples() {
        Matcher matcher = EXAMPLE.matcher(page);
        return matcher.results()
                .collect(
                        Collectors.groupingBy(
                                example -> example.group(1),
                                TreeMap::new,
                                Collectors.mapping(
                                        example -> example.group(2), Collectors.toList())));
    }

    @Test
    void thereIsAnExampleOfEachJob() {
        assertEquals(
                Map.of("execute", 3, "install", 2, "remove", 1, "cancel", 1),
                examples().entrySet().stream()
                        .collect(Collectors.toMap(Map.Entry::getKey, e -> e.getValue().size())));
        assertEquals(page.split("```json", -1).length - 1, 7, "a block of JSON has no comment");
    }

    @Test
    void everyExampleIsAGoodJob() throws UnreadableValue {
        for (Map.Entry<String, List<String>> blocks : examples().entrySet()) {
            for (String block : blocks.getValue()) {
                decodes(blocks.getKey(), block);
            }
        }
    }

    private void decodes(String word, String block) throws UnreadableValue {
        byte[] value = block.getBytes(UTF_8);
        if (word.equals("cancel")) {
            assertEquals("hello-1", JobDecoder.cancelled(value));
            return;
        }
        JobTopic topic = word.equals("execute") ? JobTopic.EXECUTE : JobTopic.INSTALL;
        Decoded decoded = decoder.decode(topic, null, value);
        var good = assertInstanceOf(Decoded.Good.class, decoded, () -> block + "\n" + decoded);
        assertEquals(
                Job.Kind.valueOf(word.equals("remove") ? "REMOVE" : topic.name()),
                good.job().kind());
    }

    @Test
    void everyFieldIsTold() {
        for (Schema schema :
                List.of(
                        InstallJob.getClassSchema(),
                        RemoveRuntimeJob.getClassSchema(),
                        ExecuteJob.getClassSchema(),
                        CancelJob.getClassSchema(),
                        JobResult.getClassSchema(),
                        ProgressLine.getClassSchema(),
                        boxcar.schema.Limits.getClassSchema(),
                        boxcar.schema.Stage.getClassSchema(),
                        boxcar.schema.Rejection.getClassSchema(),
                        boxcar.schema.Test.getClassSchema())) {
            for (Schema.Field field : schema.getFields()) {
                assertTrue(
                        page.contains("`" + field.name() + "`"),
                        schema.getName() + "." + field.name());
            }
        }
    }

    @Test
    void theWordsOfResultsAreTold() {
        for (Schema schema :
                List.of(
                        boxcar.schema.Outcome.getClassSchema(),
                        boxcar.schema.Verdict.getClassSchema())) {
            for (String word : schema.getEnumSymbols()) {
                assertTrue(page.contains("| `" + word + "` |"), word);
            }
        }
    }

    @Test
    void theLimitsAreThoseOfTheCode() {
        limits("wall_time", l -> l.wallTime().toSeconds());
        limits("cpu_time", l -> l.cpuTime().toSeconds());
        limits("extra_time", l -> l.extraTime().toSeconds());
        limits("memory", Limits::memoryKib);
        limits("max_file_size", Limits::maxFileSizeKib);
        limits("max_open_files", l -> (long) l.maxOpenFiles());
        limits("max_number_of_processes", l -> (long) l.maxProcesses());
        limits("max_output", Limits::maxOutputKib);
    }

    private void limits(String field, Function<Limits, Long> value) {
        JobRules rules = JobRules.standard();
        StringBuilder told = new StringBuilder();
        for (StageKind kind : StageKind.values()) {
            told.append(" | ")
                    .append(value.apply(rules.standard(kind)))
                    .append(", ")
                    .append(value.apply(rules.most(kind)));
        }
        String row =
                page.lines()
                        .filter(line -> line.startsWith("| `" + field + "` |"))
                        .filter(line -> line.endsWith(told + " |"))
                        .findFirst()
                        .orElse("");
        assertTrue(!row.isEmpty(), "no row of " + field + " ends with" + told);
    }

    @Test
    void theCapsAreThoseOfTheCode() {
        JobRules.Caps caps = JobRules.Caps.STANDARD;
        for (String told :
                List.of(
                        "more files; at most " + caps.files(),
                        "at most " + caps.zipEntries() + " entries and " + caps.zipKib(),
                        "all together " + caps.argBytes() + " bytes and " + caps.args(),
                        "all together " + caps.envBytes() + " bytes and " + caps.envEntries(),
                        "work directory; at most " + caps.tests(),
                        "each once; at most " + caps.outputFiles(),
                        "Sources are at most " + caps.sourceKib(),
                        "each at most " + TextRules.ONE_STRING + " bytes")) {
            assertTrue(page.contains(told), told);
        }
    }
}
