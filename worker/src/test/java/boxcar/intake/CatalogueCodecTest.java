package boxcar.intake;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import boxcar.job.CatalogueRecord;
import boxcar.job.Limits;
import boxcar.job.Progress;
import boxcar.job.RuntimeDefinition;
import boxcar.schema.ProgressTag;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CatalogueCodecTest {
    private static final Instant THEN = Instant.parse("2026-01-31T12:00:00.123Z");

    private static CatalogueRecord installed(@Nullable String compileScript) {
        return installed(compileScript, 6);
    }

    private static CatalogueRecord installed(@Nullable String compileScript, long outputKib) {
        Limits limits =
                new Limits(
                        Duration.ofMillis(1),
                        Duration.ofHours(2),
                        Duration.ZERO,
                        1,
                        2,
                        4,
                        5,
                        outputKib);
        var definition = new RuntimeDefinition("c", "main.c", "nix", compileScript, "run", limits);
        return new CatalogueRecord.Installed(definition, "digest", "job", THEN);
    }

    @Test
    void recordsComeBackAsTheyWere() throws UnreadableValue {
        for (CatalogueRecord entry :
                new CatalogueRecord[] {
                    installed("gcc"), installed(null), new CatalogueRecord.Removed(7, "c", "job")
                }) {
            assertEquals(entry, CatalogueCodec.decode(CatalogueCodec.encode(entry)));
        }
    }

    /** What was written before there was a limit of output has the same one on every replica. */
    @Test
    void jsonIsReadToo() throws UnreadableValue {
        assertEquals(
                installed(null, Limits.FORMER_OUTPUT_KIB),
                CatalogueCodec.decode(
                        Records.json(
                                """
                                {'name':'c','source_file_name':'main.c','nix_shell':'nix','run_script':'run',
                                 'limits':{'wall_time':0.001,'cpu_time':7200,'extra_time':0,'memory':1,
                                           'max_file_size':2,'max_open_files':4,'max_number_of_processes':5},
                                 'digest':'digest','job_id':'job','installed_at':'2026-01-31T12:00:00.123Z'}\
                                """)));
        assertEquals(
                new CatalogueRecord.Removed(7, "c", "job"),
                CatalogueCodec.decode(
                        Records.json(
                                "{'type':'RuntimeRemoved','runtime_id':7,'name':'c','job_id':'job'}")));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "x",
                "{",
                "{}",
                "{'type':'CancelJob','job_id':'j'}",
                "{'name':'c','source_file_name':'main.c','nix_shell':'nix','run_script':'run','limits':{},'digest':'d','job_id':'j','installed_at':0}",
                "{'name':'c','source_file_name':'main.c','nix_shell':'nix','run_script':'run','limits':{'wall_time':NaN,'cpu_time':1,'extra_time':0,'memory':1,'max_file_size':2,'max_open_files':4,'max_number_of_processes':5},'digest':'d','job_id':'j','installed_at':0}",
                "{'name':'c','source_file_name':'../x','nix_shell':'nix','run_script':'run','limits':{'wall_time':1,'cpu_time':1,'extra_time':0,'memory':1,'max_file_size':2,'max_open_files':4,'max_number_of_processes':5},'digest':'d','job_id':'j','installed_at':0}",
                "{'name':'c','source_file_name':'x','nix_shell':'nix','run_script':'run','limits':{'wall_time':1,'cpu_time':1,'extra_time':0,'memory':0,'max_file_size':2,'max_open_files':4,'max_number_of_processes':5},'digest':'d','job_id':'j','installed_at':0}",
            })
    void whatNoReplicaCouldEverUseIsUnreadable(String text) {
        assertFalse(unreadable(Records.json(text)).isNewer());
        assertFalse(unreadable(null).isNewer());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{'type':'RuntimeRemoved','runtime_id':7,'name':'c','job_id':'job','why':'x'}",
                "{'type':'RuntimeRenamed','runtime_id':7}",
            })
    void whatNamesItsTypeAndIsUnknownIsANewerVersions(String text) {
        assertTrue(unreadable(Records.json(text)).isNewer());
    }

    @Test
    void avroOfAnUnknownSchemaIsANewerVersions() {
        byte[] value = CatalogueCodec.encode(installed(null));
        value[4]++;
        assertTrue(unreadable(value).isNewer());
        assertFalse(unreadable(Arrays.copyOf(value, 9)).isNewer(), "cut short");
    }

    private static UnreadableValue unreadable(byte @Nullable [] value) {
        return assertThrows(UnreadableValue.class, () -> CatalogueCodec.decode(value));
    }

    @Test
    void aLineOfProgressComesBack() throws UnreadableValue {
        var line =
                ProgressCodec.read(
                        ProgressCodec.encode("j", Progress.Tag.OUTPUT, "x".repeat(20_000), THEN));
        assertEquals("j", line.getJobId());
        assertEquals(ProgressTag.OUTPUT, line.getTag());
        assertEquals("x".repeat(16_384) + "…", line.getText());
        assertEquals(THEN, line.getAt());
    }
}
