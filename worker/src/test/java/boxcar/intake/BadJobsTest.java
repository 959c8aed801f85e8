package boxcar.intake;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import boxcar.job.Job;
import boxcar.job.Rejection;
import java.time.Instant;
import java.util.Collections;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What cannot be carried out as written, and the words in which its producer is told. */
class BadJobsTest {
    private static final String PATH =
            " must be a relative path of 1 to 1024 bytes and at most 64 parts of at most 255 bytes,"
                    + " without '.', '..', empty parts and NUL, but is '";
    private static final JobRules RULES =
            new JobRules(
                    JobRules.standard().defaults(),
                    JobRules.standard().maxima(),
                    JobRules.Caps.STANDARD,
                    () -> Instant.parse("2026-01-31T12:00:00Z"));

    private final JobDecoder decoder = new JobDecoder(RULES);

    private Rejection bad(JobTopic topic, String text) {
        Decoded decoded = decoder.decode(topic, null, text.replace('\'', '"').getBytes(UTF_8));
        return assertInstanceOf(Decoded.Bad.class, decoded, decoded::toString).rejection();
    }

    /** A job that is well but for what is added. */
    private String execute(String more) {
        return bad(
                        JobTopic.EXECUTE,
                        "{'job_id':'j','runtime':'perl','source_code':'1'," + more + "}")
                .message();
    }

    private String install(String name, String value) {
        String text =
                "{'job_id':'i','name':'n','source_file_name':'f','nix_shell':'x','run_script':'r'}"
                        .replaceFirst("'" + name + "':'.'", "'" + name + "':" + value);
        return bad(JobTopic.INSTALL, text).message();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "'run_limits':{'memroy':1}|run_limits.memroy is not a field of Limits; did you mean 'memory'?",
                "'Stdin':''|Stdin is not a field of ExecuteJob; did you mean 'stdin'?",
                "'sourcecode':''|sourcecode is not a field of ExecuteJob; did you mean 'source_code'?",
                "'tests':[{'id':'a','expected':{'stdot':''}}]|tests[0].expected.stdot is not a field of Expected; did you mean 'stdout'?",
                "'run_limits':{'colour':1}|run_limits.colour is not a field of Limits, which has wall_time, cpu_time, extra_time, memory, max_file_size, max_open_files, max_number_of_processes, max_output",
            })
    void anUnknownKeyIsNamedWithTheOneThatWasMeant(String more, String message) {
        assertEquals(message, execute(more));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "'stdin':5|stdin must be a text or {\"base64\": \"...\"}, but is '5'",
                "'stdin':null|stdin must be a text or {\"base64\": \"...\"}, but is 'null'",
                "'stdin':{'base46':'AA=='}|stdin must be a text or {\"base64\": \"...\"}, but is '{\"base46\":\"AA==\"}'",
                "'args':'-v'|args must be a list, but is '\"-v\"'",
                "'args':['a',1]|args[1] must be a text, but is '1'",
                "'args':['\\ud83d']|args[0] must not have half a surrogate pair, but is '\ud83d'",
                "'env':['A']|env must be an object of names and values, but is '[\"A\"]'",
                "'env':{'A':1}|env.A must be a text, but is '1'",
                "'files':[5]|files[0] must be an object (File), but is '5'",
                "'files':[{'path':'a'}]|files[0].content must be given",
                "'runtime_id':'7'|runtime_id must be a whole number of 64 bits, but is '\"7\"'",
                "'runtime_id':1.5|runtime_id must be a whole number of 64 bits, but is '1.5'",
                "'runtime_id':99999999999999999999|runtime_id must be a whole number of 64 bits, but is '99999999999999999999'",
                "'run_limits':{'max_open_files':5000000000}|run_limits.max_open_files must be a whole number of 32 bits, but is '5000000000'",
                "'run_limits':{'memory':true}|run_limits.memory must be a whole number of 64 bits, but is 'true'",
                "'run_limits':{'cpu_time':'1s'}|run_limits.cpu_time must be a number, but is '\"1s\"'",
                "'run_limits':[]|run_limits must be an object (Limits), but is '[]'",
                "'tests':[{'id':'a','expected':{'stdout':'','match':'FUZZY'}}]|tests[0].expected.match must be one of EXACT, TRAILING_SPACE, TOKENS, but is 'FUZZY'",
                "'deadline':'tomorrow'|deadline must be an instant like \"2026-01-31T12:00:00Z\" or a number of milliseconds, but is 'tomorrow'",
                "'deadline':{}|deadline must be an instant like \"2026-01-31T12:00:00Z\" or a number of milliseconds, but is '{}'",
            })
    void aWrongTypeIsNamedWithWhatItWasAndWhatItMayBe(String more, String message) {
        assertEquals(message, execute(more));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{'cpu_time':0}|run_limits.cpu_time must be at least 0.001 and at most 60 seconds, but is '0'",
                "{'cpu_time':-1}|run_limits.cpu_time must be at least 0.001 and at most 60 seconds, but is '-1'",
                "{'cpu_time':0.0009}|run_limits.cpu_time must be at least 0.001 and at most 60 seconds, but is '0.0009'",
                "{'cpu_time':NaN}|run_limits.cpu_time must be at least 0.001 and at most 60 seconds, but is 'NaN'",
                "{'cpu_time':Infinity}|run_limits.cpu_time must be at least 0.001 and at most 60 seconds, but is 'Infinity'",
                "{'cpu_time':-Infinity}|run_limits.cpu_time must be at least 0.001 and at most 60 seconds, but is '-Infinity'",
                "{'cpu_time':1e400}|run_limits.cpu_time must be at least 0.001 and at most 60 seconds, but is 'Infinity'",
                "{'wall_time':120.5}|run_limits.wall_time must be at least 0.001 and at most 120 seconds, but is '120.5'",
                "{'extra_time':-0.1}|run_limits.extra_time must be at least 0 and at most 10 seconds, but is '-0.1'",
                "{'memory':0}|run_limits.memory must be at least 1 and at most 2097152 kilobytes, but is '0'",
                "{'memory':2097153}|run_limits.memory must be at least 1 and at most 2097152 kilobytes, but is '2097153'",
                "{'memory':NaN}|run_limits.memory must be a whole number of 64 bits, but is 'NaN'",
                "{'max_file_size':-5}|run_limits.max_file_size must be at least 1 and at most 1048576 kilobytes, but is '-5'",
                "{'max_open_files':3}|run_limits.max_open_files must be at least 4 and at most 4096 files, but is '3'",
                "{'max_number_of_processes':513}|run_limits.max_number_of_processes must be at least 1 and at most 512 processes, but is '513'",
                "{'max_output':0}|run_limits.max_output must be at least 1 and at most 1048576 kilobytes, but is '0'",
                "{'max_output':1048577}|run_limits.max_output must be at least 1 and at most 1048576 kilobytes, but is '1048577'",
            })
    void aLimitOutOfBoundsIsNamedWithItsBounds(String limits, String message) {
        assertEquals(message, execute("'run_limits':" + limits));
    }

    @Test
    void avroLimitsAreCheckedAlike() {
        byte[] avro =
                Records.avro(
                        "ExecuteJob",
                        "{'job_id':'j','runtime':'a','source_code':'','compile_limits':{'wall_time':NaN}}");
        Decoded decoded = decoder.decode(JobTopic.EXECUTE, null, avro);
        assertEquals(
                "compile_limits.wall_time must be at least 0.001 and at most 120 seconds, but is"
                        + " 'NaN'",
                ((Decoded.Bad) decoded).rejection().message());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "../x",
                "a/../b",
                "..",
                ".",
                "./a",
                "a/.",
                "a//b",
                "/etc/passwd",
                "a/",
                "/",
                "",
                "a\\u0000b"
            })
    void aPathThatCouldLeaveOrIsWrittenOddlyIsRefused(String path) {
        String shown = path.replace("\\u0000", "\\0");
        assertEquals(
                "files[0].path" + PATH + shown + "'",
                execute("'files':[{'path':'" + path + "','content':''}]"));
        assertEquals(
                "output_files[0]" + PATH + shown + "'", execute("'output_files':['" + path + "']"));
    }

    @Test
    void longPathsAreRefused() {
        String parts = "a/".repeat(64) + "a";
        assertEquals(
                "output_files[0]" + PATH + parts + "'",
                execute("'output_files':['" + parts + "']"));
        String part = "a".repeat(256);
        assertEquals(
                "output_files[0]" + PATH + part + "'", execute("'output_files':['" + part + "']"));
        String path = ("é".repeat(100) + "/").repeat(5) + "é".repeat(10);
        assertEquals(
                "output_files[0]" + PATH + path.substring(0, 255) + "…'",
                execute("'output_files':['" + path + "']"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "a|a|'a' must not be given twice",
                "a|a/b|'a/b' must not be below another file of the job",
                "a/b|a|'a' must not be a file, because other files of the job are below it",
            })
    void filesThatCollideAreRefused(String first, String second, String message) {
        assertEquals(
                "files[1].path " + message,
                execute(
                        "'files':[{'path':'%s','content':''},{'path':'%s','content':''}]"
                                .formatted(first, second)));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "AAA|AAA",
                "A===|A===",
                "AA==AA|AA==AA",
                "AAB=|AAB=",
                "A-B_|A-B_",
                "AA AA AA|AA AA AA",
                "=|=",
                "`AA==\\n`|`AA==\\n`"
            })
    void base64IsTakenStrictly(String coded, String shown) {
        assertEquals(
                "stdin.base64 must be base64 with padding (RFC 4648, section 4), but is '"
                        + shown
                        + "'",
                execute("'stdin':{'base64':'" + coded + "'}"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "'runtime':'a','runtime_id':1|runtime 'a' must not be given together with runtime_id",
                "'stdin':''|runtime must be given, unless runtime_id is given",
                "'runtime':''|runtime must be 1 to 256 characters, not blank, without control characters, but is ''",
                "'runtime_id':-1|runtime_id must be at least 0, but is '-1'",
            })
    void aRuntimeIsMeantInOneWay(String runtime, String message) {
        assertEquals(
                message,
                bad(JobTopic.EXECUTE, "{'job_id':'j','source_code':''," + runtime + "}").message());
        assertEquals(
                message,
                bad(
                                JobTopic.INSTALL,
                                "{'type':'RemoveRuntimeJob','job_id':'j',"
                                        + runtime.replace("'stdin':''", "'runtime':null")
                                        + "}")
                        .message());
    }

    @Test
    void aJobNeedsSomeSource() {
        assertEquals(
                "source_code must be given, unless files or zip are given",
                bad(JobTopic.EXECUTE, "{'job_id':'j','runtime':'perl'}").message());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "'args':['a\\u0000']|args[0] must not contain a NUL character, but is 'a\\0'",
                "'env':{'A':'\\u0000'}|env.A must not contain a NUL character, but is 'A=\\0'",
                "'env':{'':'x'}|env must have names that are not empty and contain neither '=' nor NUL, but has ''",
                "'env':{'A=B':'x'}|env must have names that are not empty and contain neither '=' nor NUL, but has 'A=B'",
                "'env':{'A\\u0000':'x'}|env must have names that are not empty and contain neither '=' nor NUL, but has 'A\\0'",
            })
    void argumentsAndVariablesAreWhatTheSystemTakes(String more, String message) {
        assertEquals(message, execute(more));
    }

    @Test
    void argumentsAndVariablesAreAsLongAsTheSystemTakes() {
        String longest = "é".repeat(65_500);
        assertEquals(
                "args[1] must have at most 131000 bytes, but has 131001",
                execute("'args':['" + longest + "','" + longest + "x']"));
        assertEquals(
                "env.A must have at most 131000 bytes, but has 131002",
                execute("'env':{'A':'" + longest + "'}"));
        String four =
                IntStream.range(0, 4)
                        .mapToObj(_ -> "'" + longest + "'")
                        .collect(Collectors.joining(","));
        assertEquals(
                "args must have at most 524288 bytes, but has 524289",
                execute("'args':[" + four + ",'" + "x".repeat(283) + "','']"));
        assertEquals(
                "tests[0].args must have at most 524288 bytes, but has 655005",
                execute("'args':[" + four + "],'tests':[{'id':'a','args':['" + longest + "']}]"));
    }

    @Test
    void countsHaveCaps() {
        assertEquals(
                "args must have at most 4096 arguments, but has 4097",
                execute("'args':[" + many(4097, "'a'") + "]"));
        assertEquals(
                "files must have at most 1000 files, but has 1001",
                execute("'files':[" + many(1001, "{'path':'a#','content':''}") + "]"));
        assertEquals(
                "tests must have at most 1000 tests, but has 1001",
                execute("'tests':[" + many(1001, "{'id':'a#'}") + "]"));
        assertEquals(
                "output_files must have at most 64 paths, but has 65",
                execute("'output_files':[" + many(65, "'a#'") + "]"));
        assertEquals(
                "env must have at most 1024 variables, but has 1025",
                execute("'env':{" + many(1025, "'A#':''") + "}"));
    }

    private static String many(int count, String item) {
        return IntStream.range(0, count)
                .mapToObj(i -> item.replace("#", Integer.toString(i)))
                .collect(Collectors.joining(","));
    }

    @Test
    void sourcesHaveACapTogether() {
        JobRules.Caps tiny = new JobRules.Caps(9, 9, 9, 9, 9, 1, 9, 9, 9, 9);
        var rules = new JobRules(RULES.defaults(), RULES.maxima(), tiny, RULES.clock());
        String text =
                "{'job_id':'j','runtime':'perl','source_code':'%s','files':[{'path':'a','content':'%s'}]}"
                        .formatted("x".repeat(1000), "y".repeat(25));
        Decoded decoded =
                new JobDecoder(rules)
                        .decode(JobTopic.EXECUTE, null, text.replace('\'', '"').getBytes(UTF_8));
        assertEquals(
                "files must have at most 1 kilobytes with all other sources, but they have 2",
                ((Decoded.Bad) decoded).rejection().message());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "'stdin':'x','tests':[{'id':'a'}]|stdin must not be given together with tests, which have their own",
                "'tests':[{'id':''}]|tests[0].id must be 1 to 256 characters, not blank, without control characters, but is ''",
                "'tests':[{'id':'a'},{'id':'a'}]|tests[1].id 'a' must not be the id of another test of the job",
                "'tests':[{'id':'a','args':['\\u0000']}]|tests[0].args[0] must not contain a NUL character, but is '\\0'",
                "'tests':[{}]|tests[0].id must be given",
                "'output_files':['a','a']|output_files[1] 'a' must not be given twice",
            })
    void testsAndOutputFilesAreTold(String more, String message) {
        assertEquals(message, execute(more));
    }

    @Test
    void aDeadlineThatIsPastIsRefused() {
        assertEquals(
                "deadline must not be in the past, but is '2026-01-31T12:00:00Z'",
                execute("'deadline':'2026-01-31T12:00:00Z'"));
        assertEquals(
                "deadline must not be in the past, but is '1970-01-01T00:00:00Z'",
                execute("'deadline':0"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"../x", ".", "..", "x/", "/x", "a\\u0000", "", "a\\tb"})
    void aSourceFileNameIsAPlainFileName(String name) {
        Rejection rejection =
                bad(
                        JobTopic.INSTALL,
                        "{'job_id':'i','name':'n','source_file_name':'%s','nix_shell':'x','run_script':'r'}"
                                .formatted(name));
        assertEquals("source_file_name", rejection.field());
        assertEquals(
                "must be a plain file name of 1 to 255 bytes, without '/' and control characters",
                rejection.bound());
    }

    @Test
    void aSourceFileNameIsAtMost255Bytes() {
        assertTrue(
                install("source_file_name", "'" + "é".repeat(128) + "'")
                        .startsWith(
                                "source_file_name must be a plain file name of 1 to 255 bytes"));
    }

    @Test
    void aNameIsShortAndPrintable() {
        String bound =
                "name must be 1 to 256 characters, not blank, without control characters, but is '";
        assertEquals(bound + "'", install("name", "''"));
        assertEquals(bound + "a\\n'", install("name", "'a\\\\n'"));
        assertEquals(bound + "x".repeat(255) + "…'", install("name", "'" + "x".repeat(257) + "'"));
    }

    @Test
    void scriptsAreNotEmpty() {
        assertEquals("nix_shell must not be blank", install("nix_shell", "''"));
        assertEquals("run_script must not be blank", install("run_script", "' '"));
        assertEquals(
                "run_script must not contain a NUL character, but is 'a\\0'",
                install("run_script", "'a\\\\u0000'"));
        assertEquals(
                "compile_script must not be blank", install("name", "'n','compile_script':''"));
        assertEquals("nix_shell must be a text, but is 'null'", install("nix_shell", "null"));
    }

    @Test
    void installLimitsHaveTheirOwnBounds() {
        assertEquals(
                "limits.wall_time must be at least 0.001 and at most 3600 seconds, but is '3601'",
                install("name", "'n','limits':{'wall_time':3601}"));
    }

    @Test
    void aKeyGivenTwiceIsRefused() {
        assertEquals("env.A must not be given twice", execute("'env':{'A':'1','A':'2'}"));
        assertEquals("source_code must not be given twice", execute("'source_code':'2'"));
    }

    @Test
    void aTypeThatTheTopicDoesNotCarryIsRefused() {
        assertEquals(
                "type must be ExecuteJob on this topic, but is 'RunJob'",
                execute("'type':'RunJob'"));
        assertEquals("type must be ExecuteJob on this topic, but is '7'", execute("'type':7"));
        Decoded decoded =
                decoder.decode(
                        JobTopic.INSTALL,
                        null,
                        "{\"type\":\"ExecuteJob\",\"job_id\":\"j\",\"runtime\":\"a\",\"source_code\":\"\"}"
                                .getBytes(UTF_8));
        var bad = (Decoded.Bad) decoded;
        assertEquals(Job.Kind.EXECUTE, bad.kind());
        assertEquals(
                "type must be InstallJob or RemoveRuntimeJob on this topic, but is 'ExecuteJob'",
                bad.rejection().message());
    }

    @Test
    void aBadJobHasADigestToo() {
        byte[] value = "{\"job_id\":\"j\",\"runtime\":\"\",\"source_code\":\"\"}".getBytes(UTF_8);
        var bad = (Decoded.Bad) decoder.decode(JobTopic.EXECUTE, null, value);
        assertEquals(bad, decoder.decode(JobTopic.EXECUTE, null, value));
        assertEquals("j", bad.jobId());
        assertEquals(64, bad.digest().length());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            nullValues = "-",
            value = {
                "'run_limits':{'memory':0}|BELOW_MINIMUM|1|2097152|kilobytes",
                "'run_limits':{'memory':2097153}|ABOVE_MAXIMUM|1|2097152|kilobytes",
                "'run_limits':{'wall_time':0}|BELOW_MINIMUM|0.001|120|seconds",
                "'run_limits':{'wall_time':1e999}|ABOVE_MAXIMUM|0.001|120|seconds",
                "'run_limits':{'wall_time':NaN}|INVALID|0.001|120|seconds",
                "'run_limits':{'extra_time':-1}|BELOW_MINIMUM|0|10|seconds",
                "'compile_limits':{'max_open_files':3}|BELOW_MINIMUM|4|4096|files",
                "'run_limits':{'max_number_of_processes':513}|ABOVE_MAXIMUM|1|512|processes",
                "'runtime':null,'runtime_id':-1|BELOW_MINIMUM|0|-|-",
                "'output_files':MANY|ABOVE_MAXIMUM|-|64|paths",
                "'args':['LONG']|ABOVE_MAXIMUM|-|131000|bytes",
                "'run_limits':{'memroy':1}|UNKNOWN_FIELD|-|-|-",
                "'files':[{'path':'a'}]|MISSING|-|-|-",
                "'runtime':null|MISSING|-|-|-",
                "'source_code':null|MISSING|-|-|-",
                "'args':5|WRONG_TYPE|-|-|-",
                "'run_limits':{'max_open_files':0.5}|WRONG_TYPE|-|-|-",
                "'stdin':{'base64':'!'}|INVALID|-|-|-",
                "'result_format':'XML'|INVALID|-|-|-",
                "'files':[{'path':'../a','content':''}]|INVALID|-|-|-",
                "'env':{'':''}|INVALID|-|-|-",
                "'args':[],'args':[]|GIVEN_TWICE|-|-|-",
                "'output_files':['a','a']|GIVEN_TWICE|-|-|-",
                "'tests':[{'id':'a'},{'id':'a'}]|GIVEN_TWICE|-|-|-",
                "'runtime_id':1|CONFLICT|-|-|-",
                "'stdin':'x','tests':[{'id':'a'}]|CONFLICT|-|-|-",
                "'files':[{'path':'a','content':''},{'path':'a/b','content':''}]|CONFLICT|-|-|-",
                "'zip':'x'|BAD_ARCHIVE|-|-|-",
                "'type':'InstallJobs'|WRONG_TOPIC|-|-|-",
                "'deadline':0|DEADLINE_PASSED|-|-|-",
            })
    void aRejectionHasACodeAndItsBoundsAsNumbers(
            String more,
            String code,
            @Nullable Double least,
            @Nullable Double most,
            @Nullable String unit) {
        String job =
                more.replace("MANY", Collections.nCopies(65, "'a'").toString())
                        .replace("LONG", "x".repeat(131_001));
        String usual =
                (more.contains("'runtime':") ? "" : "'runtime':'perl',")
                        + (more.contains("'source_code':") ? "" : "'source_code':'1',");
        Rejection rejection = bad(JobTopic.EXECUTE, "{'job_id':'j'," + usual + job + "}");
        assertEquals(code, rejection.code().name(), rejection::message);
        Rejection.Range range =
                least == null && most == null ? null : new Rejection.Range(least, most, unit);
        assertEquals(range, rejection.range());
    }

    /** The words of the wire and ours are the same ones. */
    @Test
    void everyCodeHasItsWordOnTheWire() {
        assertEquals(
                Stream.of(boxcar.schema.RejectionCode.values()).map(Enum::name).toList(),
                Stream.of(Rejection.Code.values()).map(Enum::name).toList());
    }

    @Test
    void theFirstThingThatIsWrongIsTold() {
        Rejection rejection =
                bad(
                        JobTopic.EXECUTE,
                        "{'job_id':'j','runtime':'','args':5,'stdon':1,'run_limits':{'memory':0}}");
        assertEquals("stdon", rejection.field());
        assertNull(rejection.value());
        assertEquals("is not a field of ExecuteJob; did you mean 'stdin'?", rejection.bound());
    }
}
