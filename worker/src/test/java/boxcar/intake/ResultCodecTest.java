package boxcar.intake;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import boxcar.job.Captured;
import boxcar.job.Ending;
import boxcar.job.Job;
import boxcar.job.JobResult;
import boxcar.job.Rejection;
import boxcar.job.Usage;
import boxcar.job.Verdict;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ResultCodecTest {
    private static final Usage USAGE =
            new Usage(
                    Duration.ofNanos(1_500_600),
                    Duration.ofMillis(2_250),
                    2048L,
                    null,
                    3L,
                    0L,
                    false,
                    false,
                    false,
                    null);
    private static final ResultStamp STAMP =
            new ResultStamp(
                    "j",
                    Job.Kind.EXECUTE,
                    "attempt-1",
                    2,
                    "replica-a",
                    "isolate",
                    Instant.parse("2026-01-31T12:00:00Z"),
                    Instant.parse("2026-01-31T12:00:00.250Z"),
                    Instant.parse("2026-01-31T12:00:01Z"));

    private static Captured text(String text) {
        return new Captured(text.getBytes(UTF_8), false);
    }

    private static JobResult.StageResult stage(Ending.How how, Captured out) {
        return new JobResult.StageResult(
                Verdict.OK, new Ending(how, USAGE, out, Captured.NOTHING, null, null));
    }

    private static JobResult ran(JobResult.StageResult run, List<JobResult.OutputFile> files) {
        return new JobResult(
                JobResult.Outcome.SUCCEEDED,
                Verdict.OK,
                7L,
                "perl",
                null,
                null,
                null,
                null,
                run,
                List.of(),
                files,
                Map.of("gone", "is not there"));
    }

    private static String json(JobResult result) throws UnreadableValue {
        return ResultCodec.toJson(new ResultCodec(Format.AVRO, 1_000_000).encode(result, STAMP))
                .toString()
                .replace('"', '\'');
    }

    @ParameterizedTest
    @EnumSource
    void aResultSaysItAll(Format format) throws UnreadableValue {
        JobResult result =
                ran(
                        stage(new Ending.Exited(0), text("hé\n")),
                        List.of(new JobResult.OutputFile("a", new byte[] {0, -1}, true)));
        byte[] value = new ResultCodec(format, 1_000_000).encode(result, STAMP);
        assertEquals(format == Format.AVRO ? (byte) 0xC3 : '{', value[0]);
        assertEquals(
                "{'job_id':'j','kind':'EXECUTE','outcome':'SUCCEEDED','verdict':'OK','runtime_id':7,"
                        + "'runtime':'perl','rejection':null,'fault':null,'install':null,"
                        + "'compile':null,'run':{'verdict':'OK','memory':2048,'exit_code':0,"
                        + "'exit_signal':null,'exit_message':null,'exit_status':null,"
                        + "'stdout':'hé\\n','stderr':'','stdout_truncated':false,"
                        + "'stderr_truncated':false,'cpu_time':0.002,'wall_time':2.25,"
                        + "'max_rss':null,'csw_voluntary':3,'csw_forced':0,'killed':false,"
                        + "'oom_killed':false,'process_limit_hit':null},'tests':[],"
                        + "'output_files':[{'path':'a','content':{'base64':'AP8='},"
                        + "'executable':true}],"
                        + "'missing_output_files':{'gone':'is not there'},'attempt':'attempt-1',"
                        + "'delivery':2,'replica':'replica-a','engine':'isolate',"
                        + "'queued_at':'2026-01-31T12:00:00Z',"
                        + "'started_at':'2026-01-31T12:00:00.250Z',"
                        + "'finished_at':'2026-01-31T12:00:01Z'}",
                ResultCodec.toJson(value).toString().replace('"', '\''));
    }

    @ParameterizedTest
    @EnumSource
    void aJobsOwnFormatGoesBeforeTheOperators(Format asked) throws UnreadableValue {
        for (Format standard : Format.values()) {
            var wire =
                    new CodecWire(
                            JobRules.standard(),
                            new ResultCodec(standard, 1_000_000),
                            "replica-a",
                            "isolate");
            assertEquals(asked, format(wire.result(answer(asked))));
            assertEquals(standard, format(wire.result(answer(null))));
        }
    }

    private static Answer answer(@Nullable Format asked) {
        return new Answer(
                "j",
                Job.Kind.EXECUTE,
                JobResult.cancelled(),
                "attempt-1",
                1,
                STAMP.queuedAt(),
                STAMP.startedAt(),
                STAMP.finishedAt(),
                asked);
    }

    private static Format format(byte[] value) {
        return value[0] == '{' ? Format.JSON : Format.AVRO;
    }

    @Test
    void avroAndJsonAreReadAlike() throws UnreadableValue {
        JobResult result =
                ran(
                        stage(new Ending.Signalled(11), new Captured(new byte[] {-1, 0}, true)),
                        List.of());
        assertEquals(
                ResultCodec.read(new ResultCodec(Format.AVRO, 1_000_000).encode(result, STAMP)),
                ResultCodec.read(new ResultCodec(Format.JSON, 1_000_000).encode(result, STAMP)));
    }

    @Test
    void aSignalIsNoExitCode() throws UnreadableValue {
        String json = json(ran(stage(new Ending.Signalled(11), text("")), List.of()));
        assertTrue(json.contains("'exit_code':null,'exit_signal':11,"), json);
    }

    @Test
    void aTimeoutHasNeither() throws UnreadableValue {
        String json = json(ran(stage(new Ending.CpuTimeout(), text("")), List.of()));
        assertTrue(json.contains("'exit_code':null,'exit_signal':null,"), json);
    }

    @Test
    void aRejectionIsToldWithItsSentence() throws UnreadableValue {
        String json =
                json(
                        JobResult.rejected(
                                new Rejection(
                                                Rejection.Code.BELOW_MINIMUM,
                                                "run_limits.memory",
                                                "0",
                                                "must be at least 1")
                                        .within(
                                                new Rejection.Range(
                                                        1.0, 2_097_152.0, "kilobytes"))));
        assertTrue(
                json.contains(
                        "'outcome':'REJECTED','verdict':null,'runtime_id':null,'runtime':null,"
                                + "'rejection':{'field':'run_limits.memory','value':'0',"
                                + "'bound':'must be at least 1',"
                                + "'message':'run_limits.memory must be at least 1, but is '0'',"
                                + "'code':'BELOW_MINIMUM','least':1,'most':2097152,'unit':'kilobytes'}"),
                json);
    }

    @Test
    void aFaultIsTold() throws UnreadableValue {
        String json = json(JobResult.fault("disk", "no space left"));
        assertTrue(
                json.contains("'outcome':'FAULT','verdict':null,")
                        && json.contains("'fault':{'step':'disk','message':'no space left'}"),
                json);
    }

    @ParameterizedTest
    @EnumSource
    void halfACharacterAtACutIsDropped(Format format) throws UnreadableValue {
        byte[] cut = Arrays.copyOf("aé".getBytes(UTF_8), 2);
        JobResult result = ran(stage(new Ending.Exited(0), new Captured(cut, true)), List.of());
        byte[] value = new ResultCodec(format, 1_000_000).encode(result, STAMP);
        assertEquals("a", ResultCodec.toJson(value).at("/run/stdout").textValue());
    }

    @ParameterizedTest
    @EnumSource
    void aRejectedValueThatWasCutInsideACharacterIsWritten(Format format) throws UnreadableValue {
        JobResult result =
                JobResult.rejected(
                        new Rejection(
                                "name", "x".repeat(254) + "\ud83d\ude80".repeat(9), "is bad"));
        byte[] value = new ResultCodec(format, 1_000_000).encode(result, STAMP);
        assertEquals(
                "x".repeat(254) + "?…",
                ResultCodec.toJson(value).at("/rejection/value").textValue());
    }

    @ParameterizedTest
    @EnumSource
    void theLargestFilesAreLeftOutUntilItFits(Format format) throws UnreadableValue {
        var files =
                List.of(
                        new JobResult.OutputFile("large", new byte[6000], false),
                        new JobResult.OutputFile("small", "s".getBytes(UTF_8), false),
                        new JobResult.OutputFile(
                                "middle", "m".repeat(1500).getBytes(UTF_8), false));
        JobResult result = ran(stage(new Ending.Exited(0), text("out")), files);
        byte[] value = new ResultCodec(format, 4096).encode(result, STAMP);
        assertTrue(value.length <= 4096);
        var json = ResultCodec.toJson(value);
        assertEquals("small", json.at("/output_files/0/path").textValue());
        assertEquals("middle", json.at("/output_files/1/path").textValue());
        assertEquals(2, json.at("/output_files").size());
        assertEquals("too large to send", json.at("/missing_output_files/large").textValue());
        assertEquals("is not there", json.at("/missing_output_files/gone").textValue());
        assertEquals("out", json.at("/run/stdout").textValue());
    }

    @ParameterizedTest
    @EnumSource
    void outputsAreCutToWhatFits(Format format) throws UnreadableValue {
        var tests =
                List.of(
                        new JobResult.TestResult(
                                "a", Verdict.OK, stage(new Ending.Exited(0), text("short"))),
                        new JobResult.TestResult(
                                "b",
                                Verdict.OK,
                                stage(new Ending.Exited(0), text("é\u0001".repeat(50_000)))));
        JobResult result =
                new JobResult(
                        JobResult.Outcome.SUCCEEDED,
                        Verdict.OK,
                        7L,
                        "perl",
                        null,
                        null,
                        null,
                        null,
                        null,
                        tests,
                        List.of(),
                        Map.of());
        byte[] value = new ResultCodec(format, 8192).encode(result, STAMP);
        assertTrue(value.length <= 8192 && value.length > 8100, "it measures " + value.length);
        var json = ResultCodec.toJson(value);
        assertEquals("short", json.at("/tests/0/run/stdout").textValue());
        assertEquals(false, json.at("/tests/0/run/stdout_truncated").booleanValue());
        assertEquals(true, json.at("/tests/1/run/stdout_truncated").booleanValue());
        assertTrue(json.at("/tests/1/run/stdout").textValue().startsWith("é\u0001é"));
    }

    @Test
    void aResultThatCannotBeMadeToFitIsAFault() throws UnreadableValue {
        JobResult result = JobResult.fault("nix", "x".repeat(10_000));
        byte[] value = new ResultCodec(Format.AVRO, 4096).encode(result, STAMP);
        assertEquals(
                "the result is larger than 4096 bytes even without outputs and files; ask for fewer"
                        + " tests or files",
                ResultCodec.read(value).getFault().getMessage());
    }

    @Test
    void aBoundTooSmallForAnyResultIsRefused() {
        var e =
                assertThrows(
                        IllegalArgumentException.class, () -> new ResultCodec(Format.AVRO, 100));
        assertEquals("maxBytes must be at least 4096", e.getMessage());
    }

    @Test
    void whatIsNoResultIsNotReadAsOne() {
        byte[] cancel = Records.avro("CancelJob", "{'job_id':'j'}");
        var e = assertThrows(UnreadableValue.class, () -> ResultCodec.read(cancel));
        assertEquals("wrong-record", e.reason());
        assertEquals("the record is no JobResult", e.getMessage());
    }

    @Test
    void bytesSurviveInJson() throws UnreadableValue {
        byte[] all = new byte[256];
        for (int i = 0; i < all.length; i++) {
            all[i] = (byte) i;
        }
        JobResult result = ran(stage(new Ending.Exited(0), new Captured(all, false)), List.of());
        byte[] value = new ResultCodec(Format.JSON, 1_000_000).encode(result, STAMP);
        assertArrayEquals(all, ResultCodec.read(value).getRun().getStdout().array());
    }
}
