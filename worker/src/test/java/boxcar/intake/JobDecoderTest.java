package boxcar.intake;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import boxcar.job.Job;
import boxcar.schema.CancelJob;
import boxcar.schema.RuntimeRemoved;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.apache.avro.specific.SpecificRecordBase;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class JobDecoderTest {
    private static final String SMALL = "{'job_id':'j','runtime':'perl','source_code':'1'";

    private final JobDecoder decoder = new JobDecoder(JobRules.standard());

    private Decoded execute(String text) {
        return decoder.decode(JobTopic.EXECUTE, null, Records.json(text));
    }

    private Job.Execute good(byte[] value) {
        Decoded decoded = decoder.decode(JobTopic.EXECUTE, null, value);
        var good = assertInstanceOf(Decoded.Good.class, decoded, decoded::toString);
        return assertInstanceOf(Job.Execute.class, good.job());
    }

    private Job.Execute good(String text) {
        return good(Records.json(text));
    }

    private static Job.MatchMode match(Job.@Nullable Expected expected) {
        return Objects.requireNonNull(expected).match();
    }

    private static byte[] small(String more) {
        return Records.avro("ExecuteJob", SMALL + more + "}");
    }

    private static void unreadable(String reason, String message, Decoded decoded) {
        assertEquals(new Decoded.Unreadable(reason, message), decoded);
    }

    @Test
    void aSmallJobTakesEveryDefault() {
        Job.Execute job = good(SMALL + "}");
        assertEquals("j", job.id());
        assertEquals(new Job.RuntimeRef.ByName("perl"), job.runtime());
        assertArrayEquals(new byte[] {'1'}, job.sources().sourceCode());
        assertEquals(List.of(), job.sources().files());
        assertEquals(0, job.stdin().length);
        assertEquals(Duration.ofSeconds(2), job.runLimits().cpuTime());
        assertEquals(Duration.ofSeconds(20), job.compileLimits().wallTime());
        assertEquals(524_288, job.compileLimits().memoryKib());
        assertNull(job.deadline());
    }

    @Test
    void everyFieldArrives() {
        Job.Execute job =
                good(
                        SMALL.replace("'runtime':'perl'", "'runtime_id':7")
                                + """
                                ,'files':[{'path':'a/b.txt','content':{'base64':'AP8='}},
                                         {'path':'tool','content':'x','executable':true}],
                                'args':['-v',''],'env':{'B':'x=y\\nz','A':''},
                                'compile_limits':{'memory':1024},
                                'run_limits':{'cpu_time':0.5,'extra_time':0,'max_open_files':4.0},
                                'tests':[{'id':'one','stdin':'in','args':['x'],
                                          'expected':{'stdout':'out','match':'TOKENS'}},
                                         {'id':'two','expected':{'stdout':''}}],
                                'output_files':['a/out'],'deadline':'2999-01-31T12:00:00.5+01:00'}\
                                """);
        assertEquals(new Job.RuntimeRef.ById(7), job.runtime());
        Job.SourceFile file = job.sources().files().getFirst();
        assertEquals("a/b.txt", file.path());
        assertEquals("files[0].path", file.field());
        assertFalse(file.executable());
        assertTrue(job.sources().files().get(1).executable());
        assertArrayEquals(new byte[] {0, -1}, file.content());
        assertEquals(List.of("-v", ""), job.args());
        assertEquals(Map.of("B", "x=y\nz", "A", ""), job.env());
        assertEquals(1024, job.compileLimits().memoryKib());
        assertEquals(Duration.ofMillis(500), job.runLimits().cpuTime());
        assertEquals(4, job.runLimits().maxOpenFiles());
        assertEquals(Job.MatchMode.TOKENS, match(job.tests().getFirst().expected()));
        assertEquals(Job.MatchMode.TRAILING_SPACE, match(job.tests().getLast().expected()));
        assertEquals(List.of("a/out"), job.outputFiles());
        assertEquals(Instant.parse("2999-01-31T11:00:00.5Z"), job.deadline());
    }

    @Test
    void anInstallJobSaysItAll() {
        Decoded decoded =
                decoder.decode(
                        JobTopic.INSTALL,
                        null,
                        Records.json(
                                """
                                {'type':'InstallJob','job_id':'i','name':'c','source_file_name':'main.c',
                                 'nix_shell':'x','compile_script':'gcc main.c','run_script':'./a.out',
                                 'limits':{'wall_time':10},
                                 'check':{'source_code':'s','expected':{'stdout':'ok'}}}\
                                """));
        Job.Install job = (Job.Install) ((Decoded.Good) decoded).job();
        assertEquals("gcc main.c", job.definition().compileScript());
        assertEquals(Duration.ofSeconds(10), job.definition().limits().wallTime());
        assertEquals(2_097_152, job.definition().limits().memoryKib());
        Job.Check check = Objects.requireNonNull(job.check());
        assertEquals(Job.MatchMode.TRAILING_SPACE, check.expected().match());
    }

    @Test
    void aRemovalNamesItsTypeInJson() {
        Decoded decoded =
                decoder.decode(
                        JobTopic.INSTALL,
                        null,
                        Records.json("{'type':'RemoveRuntimeJob','job_id':'r','runtime_id':3}"));
        Job job = ((Decoded.Good) decoded).job();
        assertEquals(Job.Kind.REMOVE, job.kind());
        assertEquals(new Job.RuntimeRef.ById(3), ((Job.Remove) job).runtime());
    }

    @Test
    void theSameContentHasTheSameDigestInAvroAndJson() {
        byte[] avro =
                small(",'env':{'B':'2','A':'1','C':'3'},'deadline':'3000-01-01T00:00:00.123Z'");
        Job.Execute fromAvro = good(avro);
        Job.Execute fromJson =
                good(SMALL + ",'env':{'C':'3','A':'1','B':'2'},'deadline':32503680000123}");
        assertEquals(fromAvro.digest(), fromJson.digest());
        assertEquals(64, fromAvro.digest().length());
        assertEquals(fromAvro.env(), fromJson.env());
        assertEquals(fromAvro.deadline(), fromJson.deadline());
    }

    @Test
    void theDigestIsTheSameWhetherADefaultIsWrittenOrNot() {
        String said =
                good(SMALL + ",'stdin':'','args':[],'env':{},'tests':[],'runtime_id':null}")
                        .digest();
        assertEquals(good(SMALL + "}").digest(), said);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{'job_id':'j','runtime':'perl','source_code':'2'}",
                "{'job_id':'j','runtime':'perl','source_code':'1','stdin':'1'}",
                "{'job_id':'j','runtime':'perl','source_code':'1','args':['1']}",
                "{'job_id':'j','runtime':'perl','source_code':'1','run_limits':{}}",
                "{'job_id':'j','runtime_id':0,'source_code':'1'}",
            })
    void otherContentHasAnotherDigest(String other) {
        assertNotEquals(good(SMALL + "}").digest(), good(other).digest());
    }

    @Test
    void theIdIsNoPartOfTheDigest() {
        assertEquals(good(SMALL + "}").digest(), good(SMALL.replace("'j'", "'k'") + "}").digest());
    }

    @Test
    void aByteOrderMarkAndSpaceBeforeJsonArePassedOver() {
        assertEquals("j", good("\uFEFF \r\n\t" + SMALL + "}\n").id());
    }

    @Test
    void theKeyDoesNotCount() {
        Decoded decoded =
                decoder.decode(
                        JobTopic.EXECUTE, "another".getBytes(UTF_8), Records.json(SMALL + "}"));
        assertEquals("j", ((Decoded.Good) decoded).job().id());
    }

    @Test
    void noValueIsUnreadable() {
        unreadable(
                "empty", "the record has no value", decoder.decode(JobTopic.EXECUTE, null, null));
        unreadable(
                "empty",
                "the record has no value",
                decoder.decode(JobTopic.EXECUTE, null, new byte[0]));
    }

    @ParameterizedTest
    @CsvSource({"hello,68", "[1],5B", "'\"x\"',22", "'   ',20", "1,31"})
    void whatIsNeitherAvroNorJsonIsUnreadable(String text, String first) {
        unreadable(
                "neither-avro-nor-json",
                "the value begins with byte 0x"
                        + first
                        + ", which neither Avro nor JSON of ours does",
                decoder.decode(JobTopic.EXECUTE, null, text.getBytes(UTF_8)));
    }

    @Test
    void brokenJsonIsUnreadableAndSaysWhere() {
        unreadable(
                "not-json",
                "the JSON is broken: Unexpected end-of-input: expected close marker for Object"
                        + " (start marker at [Source: REDACTED"
                        + " (`StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION` disabled); line: 1,"
                        + " column: 1]) (line 1, column 49)",
                execute(SMALL));
        unreadable("not-json", "there is more after the JSON object", execute(SMALL + "} {}"));
    }

    @Test
    void jsonThatIsNotUtf8IsUnreadable() {
        byte[] value = Records.json(SMALL + "}");
        value[12] = (byte) 0xFF;
        unreadable(
                "not-utf8", "the JSON is not UTF-8", decoder.decode(JobTopic.EXECUTE, null, value));
    }

    @Test
    void deepJsonIsUnreadable() {
        Decoded decoded = execute(SMALL + ",'x':" + "[".repeat(100_000));
        assertEquals("not-json", ((Decoded.Unreadable) decoded).reason());
    }

    @ParameterizedTest
    @ValueSource(strings = {"{}", "{'job_id':7}", "{'job_id':null}", "{'JOB_ID':'j'}"})
    void aJobWithoutAnIdIsUnreadable(String text) {
        unreadable("no-job-id", "job_id is not given as a text", execute(text));
    }

    @Test
    void anIdGivenTwiceIsUnreadable() {
        unreadable("no-job-id", "job_id is given twice", execute(SMALL + ",'job_id':'k'}"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " ", "a\\nb", "a\\u0000", "\\ud800"})
    void anIdThatCannotBeOneIsUnreadable(String id) {
        unreadable(
                "bad-job-id",
                "job_id must be 1 to 256 characters, not blank, without control characters",
                execute("{'job_id':'" + id + "'}"));
    }

    @Test
    void anIdIsAtMost256Characters() {
        assertEquals(
                256, good(SMALL.replace("'j'", "'" + "x".repeat(256) + "'") + "}").id().length());
        Decoded decoded = execute(SMALL.replace("'j'", "'" + "x".repeat(257) + "'") + "}");
        assertEquals("bad-job-id", ((Decoded.Unreadable) decoded).reason());
    }

    @Test
    void avroWithBytesLeftOverIsUnreadable() {
        byte[] avro = small("");
        unreadable(
                "trailing-bytes",
                "2 bytes are left over after the record",
                decoder.decode(JobTopic.EXECUTE, null, Arrays.copyOf(avro, avro.length + 2)));
    }

    @Test
    void avroCutShortAnywhereIsUnreadable() {
        byte[] avro = small(",'args':['a']");
        for (int length = 1; length < avro.length; length++) {
            Decoded decoded = decoder.decode(JobTopic.EXECUTE, null, Arrays.copyOf(avro, length));
            assertEquals("truncated", ((Decoded.Unreadable) decoded).reason(), "at " + length);
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            nullValues = "-",
            value = {
                "{'job_id':'j','runtime':'a','source_code':'','result_format':'JSON'}|JSON",
                "{'job_id':'j','runtime':'a','source_code':'','result_format':'AVRO'}|AVRO",
                "{'job_id':'j','runtime':'a','source_code':'','result_format':null}|-",
                "{'job_id':'j','runtime':'a','source_code':''}|-",
                "{'job_id':'j','runtime':'a','run_limits':{'memory':0},'source_code':'','result_format':'JSON'}|JSON",
                "{'job_id':'j','colour':1,'result_format':'JSON'}|JSON",
                "{'job_id':'j','result_format':'XML'}|-",
            })
    void aJobMaySayHowItsResultIsWrittenEvenIfItIsRejected(String job, @Nullable Format format) {
        Decoded decoded = execute(job);
        assertEquals(
                Optional.ofNullable(format),
                decoded instanceof Decoded.Bad bad
                        ? Optional.ofNullable(bad.format())
                        : Optional.ofNullable(((Decoded.Good) decoded).format()));
    }

    @Test
    void avroOfAnUnknownSchemaIsANewerVersionsWhoseFirstFieldIsTheJobId() {
        var newer = newer("a key", 2, 'j', 99);
        assertEquals("j", newer.jobId());
        assertEquals(Job.Kind.EXECUTE, newer.kind());
        assertEquals(
                "its schema, with the fingerprint 807060504030201, is unknown here: a newer Boxcar"
                        + " wrote it",
                newer.message());
    }

    @Test
    void whereTheJobIdOfANewerVersionCannotBeHadTheKeyIsAsked() {
        assertEquals("a key", newer("a key", 99, 'j').jobId(), "the text ends early");
        assertEquals("a key", newer("a key", 0).jobId(), "the text is empty");
        assertEquals("a key", newer("a key", 2, '\n').jobId(), "the text is no id");
        assertNull(newer("", 0).jobId());
        assertNull(newer(null).jobId());
    }

    private Decoded.Newer newer(@Nullable String key, int... body) {
        byte[] value =
                Arrays.copyOf(
                        new byte[] {(byte) 0xC3, 1, 1, 2, 3, 4, 5, 6, 7, 8}, 10 + body.length);
        for (int i = 0; i < body.length; i++) {
            value[10 + i] = (byte) body[i];
        }
        return assertInstanceOf(
                Decoded.Newer.class,
                decoder.decode(JobTopic.EXECUTE, key == null ? null : key.getBytes(UTF_8), value));
    }

    @Test
    void aLengthThatLiesCostsNothing() {
        byte[] header = Arrays.copyOf(small(""), 10);
        byte[] huge = Arrays.copyOf(header, 15);
        Arrays.fill(huge, 10, 14, (byte) 0xFE); // job_id of some 130 MB
        huge[14] = 0x7F;
        unreadable(
                "truncated",
                "the record ends early, at byte 15",
                decoder.decode(JobTopic.EXECUTE, null, huge));
    }

    @Test
    void aRecordThatIsNoJobIsNotAnsweredUnderItsJobId() {
        SpecificRecordBase cancel = new CancelJob("j");
        unreadable(
                "wrong-record",
                "a CancelJob is no job to run",
                decoder.decode(JobTopic.EXECUTE, null, AvroValues.encode(cancel)));
        unreadable(
                "wrong-record",
                "a CancelJob is no job to run",
                execute("{'type':'CancelJob','job_id':'j'}"));
        unreadable(
                "wrong-record",
                "a RuntimeRemoved is no job to run",
                decoder.decode(
                        JobTopic.EXECUTE,
                        null,
                        AvroValues.encode(new RuntimeRemoved(1L, "perl", "j"))));
    }

    @Test
    void aCancelIsReadInEitherFormat() throws UnreadableValue {
        assertEquals("j", JobDecoder.cancelled(AvroValues.encode(new CancelJob("j"))));
        assertEquals("j", JobDecoder.cancelled(Records.json("{'job_id':'j'}")));
        assertEquals("j", JobDecoder.cancelled(Records.json("{'type':'CancelJob','job_id':'j'}")));
    }

    @Test
    void aCancelOfANewerVersionCancelsNothing() {
        byte[] value = {(byte) 0xC3, 1, 1, 2, 3, 4, 5, 6, 7, 8, 2, 'j'};
        var e = assertThrows(UnreadableValue.class, () -> JobDecoder.cancelled(value));
        assertTrue(e.isNewer());
        assertEquals(
                "its schema, with the fingerprint 807060504030201, is unknown here: a newer Boxcar"
                        + " wrote it",
                e.getMessage());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "x",
                "{",
                "{}",
                "{'job_id':''}",
                "{'job_id':1}",
                "{'type':'ExecuteJob','job_id':'j'}",
                "{'job_id':'j','why':'x'}",
                "{'job_id':'j','job_id':'j'}"
            })
    void whatIsNoCancelCancelsNothing(String text) {
        assertThrows(UnreadableValue.class, () -> JobDecoder.cancelled(Records.json(text)));
        assertThrows(UnreadableValue.class, () -> JobDecoder.cancelled(null));
    }
}
