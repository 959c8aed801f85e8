package boxcar.intake;

import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;

import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Records come from anybody: whatever the bytes, the decoder answers. */
class AnyBytesTest {
    private static final int ROUNDS = 20_000;
    private static final String JOB =
            "{'job_id':'j','runtime':'perl','source_code':'1','files':[{'path':'a','content':'b'}],"
                    + "'args':['-v'],'env':{'A':'1'},'run_limits':{'cpu_time':0.5,'memory':1024},"
                    + "'tests':[{'id':'one','expected':{'stdout':'x'}}],'deadline':32503680000000}";

    private final JobDecoder decoder = new JobDecoder(JobRules.standard());

    @FunctionalInterface
    private interface Reading {
        Object read() throws UnreadableValue;
    }

    private static void isReadOrUnreadable(Reading reading) {
        try {
            assertNotNull(reading.read());
        } catch (UnreadableValue e) {
            assertNotNull(e.getMessage());
        }
    }

    private void decodes(byte[] value, long seed, int round) {
        try {
            for (JobTopic topic : JobTopic.values()) {
                Decoded decoded = decoder.decode(topic, null, value);
                if (decoded instanceof Decoded.Unreadable unreadable) {
                    assertNotEquals("undecodable", unreadable.reason(), unreadable.message());
                }
            }
            isReadOrUnreadable(() -> JobDecoder.cancelled(value));
            isReadOrUnreadable(() -> CatalogueCodec.decode(value));
        } catch (RuntimeException | Error e) {
            throw new AssertionError("with -Dboxcar.seed=" + seed + " in round " + round, e);
        }
    }

    @Test
    void bytesAtRandomNeverThrow() {
        long seed = seed();
        Random random = new Random(seed);
        byte[] header = Arrays.copyOf(Records.avro("ExecuteJob", JOB), 10);
        for (int round = 0; round < ROUNDS; round++) {
            byte[] value = new byte[random.nextInt(200)];
            random.nextBytes(value);
            if (round % 2 == 0) {
                System.arraycopy(header, 0, value, 0, Math.min(header.length, value.length));
            }
            decodes(value, seed, round);
        }
    }

    @Test
    void aJobWithSomeBytesChangedNeverThrows() {
        long seed = seed();
        Random random = new Random(seed);
        List<byte[]> jobs = List.of(Records.avro("ExecuteJob", JOB), Records.json(JOB));
        for (int round = 0; round < ROUNDS; round++) {
            byte[] value = jobs.get(round % 2).clone();
            for (int changes = 1 + random.nextInt(4); changes > 0; changes--) {
                value[random.nextInt(value.length)] = changed(random, round);
            }
            decodes(random.nextInt(8) == 0 ? cut(value, random) : value, seed, round);
        }
    }

    /** In JSON, mostly characters that mean something there. */
    private static byte changed(Random random, int round) {
        String telling = "{}[]\":,\\0-9.eEntfu \u0000";
        return round % 2 == 0 || random.nextInt(4) == 0
                ? (byte) random.nextInt()
                : (byte) telling.charAt(random.nextInt(telling.length()));
    }

    private static byte[] cut(byte[] value, Random random) {
        return Arrays.copyOf(value, random.nextInt(value.length + 1));
    }

    private static long seed() {
        long seed = Long.getLong("boxcar.seed", System.nanoTime());
        System.out.println("AnyBytesTest runs with -Dboxcar.seed=" + seed);
        return seed;
    }
}
