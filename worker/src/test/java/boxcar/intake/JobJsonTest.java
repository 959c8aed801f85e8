package boxcar.intake;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import org.junit.jupiter.api.Test;

class JobJsonTest {
    private final JobJson avro = new JobJson(JobRules.standard(), Format.AVRO);
    private final JobJson json = new JobJson(JobRules.standard(), Format.JSON);

    @Test
    void aJobWithoutAnIdGetsOne() {
        byte[] file = Records.json("{'runtime':'perl','source_code':'1'}");
        var first =
                assertInstanceOf(
                        Decoded.Good.class, json.prepare(JobTopic.EXECUTE, file).decoded());
        var second =
                assertInstanceOf(
                        Decoded.Good.class, json.prepare(JobTopic.EXECUTE, file).decoded());
        assertEquals(36, first.job().id().length());
        assertEquals(first.job().digest(), second.job().digest());
    }

    @Test
    void aJobIsSentAsItStandsOrAsAvro() {
        byte[] file = Records.json("{'job_id':'j','runtime':'perl','source_code':'1'}");
        assertArrayEquals(file, json.prepare(JobTopic.EXECUTE, file).value());
        byte[] value = avro.prepare(JobTopic.EXECUTE, file).value();
        assertEquals((byte) 0xC3, value[0]);
        var decoded = new JobDecoder(JobRules.standard()).decode(JobTopic.EXECUTE, null, value);
        assertEquals("j", assertInstanceOf(Decoded.Good.class, decoded).job().id());
    }

    @Test
    void aBadJobIsToldBeforeItIsSent() {
        byte[] file =
                Records.json("{'runtime':'perl','source_code':'1','run_limits':{'cpu_time':NaN}}");
        var bad =
                assertInstanceOf(Decoded.Bad.class, avro.prepare(JobTopic.EXECUTE, file).decoded());
        assertEquals("run_limits.cpu_time", bad.rejection().field());
        byte[] twice = Records.json("{'runtime':'perl','runtime':'c','job_id':'j'}");
        var repeated =
                assertInstanceOf(
                        Decoded.Bad.class, avro.prepare(JobTopic.EXECUTE, twice).decoded());
        assertEquals("runtime must not be given twice", repeated.rejection().message());
        byte[] broken = Records.json("{");
        assertInstanceOf(
                Decoded.Unreadable.class, avro.prepare(JobTopic.EXECUTE, broken).decoded());
    }

    @Test
    void bytesOfAFileBecomeAFieldOfAJob() {
        ObjectNode job = JsonNodeFactory.instance.objectNode();
        job.put("runtime", "perl");
        job.set("source_code", JobJson.bytes(new byte[] {'a'}));
        job.set("stdin", JobJson.bytes(new byte[] {-1}));
        assertEquals("{\"base64\":\"/w==\"}", job.get("stdin").toString());
        assertInstanceOf(Decoded.Good.class, avro.prepare(JobTopic.EXECUTE, job).decoded());
    }

    @Test
    void aCancelIsReadable() throws UnreadableValue {
        assertEquals("j", JobDecoder.cancelled(JobJson.cancel("j")));
    }
}
