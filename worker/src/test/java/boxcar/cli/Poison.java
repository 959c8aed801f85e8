package boxcar.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import boxcar.intake.JobTopic;
import boxcar.schema.ExecuteJob;
import boxcar.schema.InstallJob;
import boxcar.schema.RemoveRuntimeJob;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/**
 * A record that no producer of ours would send. None of them is a job that could run: their
 * runtimes are not there.
 *
 * @param what in a few words
 * @param end what must become of it, as far as its making tells
 */
record Poison(
        String what,
        JobTopic topic,
        byte @Nullable [] key,
        byte @Nullable [] value,
        Map<String, byte[]> headers,
        End end) {
    /** Bytes of a string that is as long as a record of a broker with defaults may be. */
    private static final int LONG = 900_000;

    /** Longer than the name of a runtime may be. */
    private static final String NO_NAME = "//// no name \n".repeat(20);

    private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

    /** What must become of a record. */
    enum End {
        DEAD_LETTER,
        REJECTED,
        EITHER
    }

    /** The {@code n}th record of a seed. */
    static Poison of(long seed, int n) {
        return new Maker(new Random(seed * 1_000_003 + n), "poison-" + n).make(n);
    }

    private record Value(String what, byte @Nullable [] bytes, End end) {}

    /** Makes one record; what it is comes from its number and the random numbers alone. */
    private static final class Maker {
        private final Random random;
        private final String id;
        private final JobTopic topic;

        Maker(Random random, String id) {
            this.random = random;
            this.id = id;
            this.topic = random.nextInt(3) == 0 ? JobTopic.INSTALL : JobTopic.EXECUTE;
        }

        Poison make(int n) {
            Value value =
                    switch (n % 16) {
                        case 0 -> cutAvro();
                        case 1 -> flippedAvro();
                        case 2 -> wrongFingerprint();
                        case 3 -> headerAndNoise();
                        case 4, 5, 6 -> wrongType();
                        case 7 -> repeatedKey();
                        case 8 -> nested();
                        case 9 -> n % 64 == 9 ? longText() : wrongNumber();
                        case 10 -> invalidUtf8();
                        case 11 -> nothing();
                        case 12 -> noise();
                        case 13, 14 -> changedJson();
                        default -> unknownKey();
                    };
            return new Poison(value.what(), topic, key(), value.bytes(), headers(), value.end());
        }

        private byte @Nullable [] key() {
            return switch (random.nextInt(5)) {
                case 0 -> null;
                case 1 -> new byte[0];
                case 2 -> bytes(random.nextInt(300));
                case 3 -> "somebody-else".getBytes(UTF_8);
                default -> id.getBytes(UTF_8);
            };
        }

        /** Also such as dead letters have. */
        private Map<String, byte[]> headers() {
            return switch (random.nextInt(6)) {
                case 0 -> Map.of("boxcar.reason", "forged".getBytes(UTF_8), "", new byte[0]);
                case 1 -> Map.of("boxcar.offset", bytes(40), "x".repeat(2000), bytes(5000));
                case 2 -> Map.of("\u0000\n\uD83D\uDE00", bytes(3));
                default -> Map.of();
            };
        }

        private Value cutAvro() {
            byte[] whole = avro();
            return new Value(
                    "cut Avro",
                    Arrays.copyOf(whole, random.nextInt(whole.length)),
                    End.DEAD_LETTER);
        }

        private Value flippedAvro() {
            byte[] value = avro();
            for (int flips = 1 + random.nextInt(4); flips > 0; flips--) {
                value[random.nextInt(value.length)] ^= (byte) (1 << random.nextInt(8));
            }
            return new Value("Avro with flipped bits", value, End.EITHER);
        }

        private Value wrongFingerprint() {
            byte[] value = avro();
            for (int i = 2; i < 10; i++) {
                value[i] ^= (byte) (1 + random.nextInt(255));
            }
            return new Value("wrong fingerprint", value, End.DEAD_LETTER);
        }

        private Value headerAndNoise() {
            byte[] value = Arrays.copyOf(avro(), 10 + random.nextInt(400));
            byte[] noise = bytes(value.length - 10);
            System.arraycopy(noise, 0, value, 10, noise.length);
            return new Value("noise after Avro's header", value, End.EITHER);
        }

        private Value wrongType() {
            ObjectNode job = json();
            ObjectNode place = job;
            String path = "";
            while (true) {
                List<String> names = place.properties().stream().map(Map.Entry::getKey).toList();
                String name = names.get(random.nextInt(names.size()));
                path += name;
                JsonNode inner = place.path(name);
                if (inner.isArray() && inner.path(0).isObject()) {
                    inner = inner.path(0);
                }
                if (!(inner instanceof ObjectNode deeper) || random.nextInt(4) == 0) {
                    JsonNode other = anything(0);
                    place.set(name, other);
                    return new Value(
                            "JSON, " + path + " is " + other.getNodeType(),
                            text(job),
                            path.equals("job_id") ? End.EITHER : End.REJECTED);
                }
                place = deeper;
                path += ".";
            }
        }

        private JsonNode anything(int depth) {
            return switch (random.nextInt(depth > 3 ? 7 : 9)) {
                case 0 -> JSON.nullNode();
                case 1 -> JSON.booleanNode(random.nextBoolean());
                case 2 -> JSON.numberNode(random.nextLong());
                case 3 -> JSON.numberNode(random.nextGaussian() * 1e300);
                case 4 -> JSON.textNode("");
                case 5 -> JSON.textNode("\u0000\u001f\uFFFF../../etc\n" + random.nextInt());
                case 6 -> JSON.numberNode(new java.math.BigInteger(400, random));
                case 7 -> {
                    ArrayNode array = JSON.arrayNode();
                    for (int i = random.nextInt(4); i > 0; i--) {
                        array.add(anything(depth + 1));
                    }
                    yield array;
                }
                default -> {
                    ObjectNode object = JSON.objectNode();
                    for (int i = random.nextInt(4); i > 0; i--) {
                        object.set(i == 1 ? "path" : "k" + i, anything(depth + 1));
                    }
                    yield object;
                }
            };
        }

        private Value repeatedKey() {
            String job = json().toString();
            boolean who = random.nextBoolean();
            String more = who ? ",\"job_id\":\"" + id + "\"}" : ",\"args\":[],\"args\":[]}";
            return new Value(
                    "JSON with a key given twice",
                    (job.substring(0, job.length() - 1) + more).getBytes(UTF_8),
                    who ? End.DEAD_LETTER : End.REJECTED);
        }

        private Value nested() {
            int depth = 33 + random.nextInt(random.nextInt(10) == 0 ? 100_000 : 200);
            String open = random.nextBoolean() ? "[" : "{\"a\":";
            String job = json().toString();
            return new Value(
                    "JSON, nested deep",
                    (job.substring(0, job.length() - 1) + ",\"env\":" + open.repeat(depth))
                            .getBytes(UTF_8),
                    End.DEAD_LETTER);
        }

        private Value longText() {
            String text = (random.nextBoolean() ? "a" : "\u00e9").repeat(LONG / 2);
            ObjectNode job = json();
            String name =
                    List.of("job_id", "runtime", "name", "stdin", "type", "unknown")
                            .get(random.nextInt(6));
            job.put(name, text);
            return new Value(
                    "a long text as " + name,
                    text(job),
                    name.equals("job_id") ? End.DEAD_LETTER : End.REJECTED);
        }

        private Value wrongNumber() {
            String number =
                    List.of("NaN", "-Infinity", "1e999", "-1", "0", "-0.0", "9".repeat(300), "1e-9")
                            .get(random.nextInt(8));
            String limits = topic == JobTopic.INSTALL ? "limits" : "run_limits";
            ObjectNode job = JSON.objectNode().put("job_id", id).put("runtime", "none");
            String text = job.toString();
            String field = random.nextBoolean() ? "wall_time" : "memory";
            return new Value(
                    "JSON with the limit " + (number.length() > 9 ? "9…" : number),
                    (text.substring(0, text.length() - 1)
                                    + ",\""
                                    + limits
                                    + "\":{\""
                                    + field
                                    + "\":"
                                    + number
                                    + "}}")
                            .getBytes(UTF_8),
                    End.REJECTED);
        }

        private Value invalidUtf8() {
            byte[] value = text(json().put("source_code", "~~~~"));
            int at = new String(value, UTF_8).indexOf("~~~~");
            byte[] bad = {(byte) 0xC0, (byte) 0xED, (byte) 0xA0, (byte) 0xFF};
            System.arraycopy(bad, 0, value, at, bad.length);
            return new Value("JSON that is not UTF-8", value, End.DEAD_LETTER);
        }

        private Value nothing() {
            return switch (random.nextInt(3)) {
                case 0 -> new Value("no value", null, End.DEAD_LETTER);
                case 1 -> new Value("an empty value", new byte[0], End.DEAD_LETTER);
                default -> new Value("blanks", " \n\t".getBytes(UTF_8), End.DEAD_LETTER);
            };
        }

        private Value noise() {
            byte[] value = bytes(1 + random.nextInt(2000));
            return new Value("noise", value, End.EITHER);
        }

        private Value changedJson() {
            byte[] value = text(json());
            String telling = "{}[]\":,\\0-9.eEntfu \u0000";
            for (int changes = 1 + random.nextInt(4); changes > 0; changes--) {
                value[random.nextInt(value.length)] =
                        random.nextInt(3) == 0
                                ? (byte) random.nextInt()
                                : (byte) telling.charAt(random.nextInt(telling.length()));
            }
            return new Value("JSON with bytes changed", value, End.EITHER);
        }

        private Value unknownKey() {
            ObjectNode job = json();
            job.set("\u0000x" + random.nextInt(), anything(0));
            return new Value("JSON with a key nobody knows", text(job), End.REJECTED);
        }

        private ObjectNode json() {
            ObjectNode job = JSON.objectNode().put("job_id", id);
            if (topic == JobTopic.INSTALL) {
                return random.nextBoolean()
                        ? job.put("type", "RemoveRuntimeJob").put("runtime", "none of this name")
                        : installation(job);
            }
            job.put("type", "ExecuteJob").put("runtime", "none of this name");
            job.put("source_code", "print 1").put("stdin", "").putArray("args").add("-v");
            job.putObject("env").put("A", "1");
            job.putArray("files").addObject().put("path", "a/b").put("content", "c");
            job.putObject("run_limits").put("cpu_time", 0.5).put("memory", 1024);
            ObjectNode test = job.putArray("tests").addObject().put("id", "1").put("stdin", "y");
            test.putArray("args").add("-w");
            test.putObject("expected").put("stdout", "x").put("match", "TOKENS");
            job.putArray("output_files").add("out");
            if (random.nextBoolean()) {
                job.putObject("zip").put("base64", "UEsFBgAAAAAAAAAAAAAAAAAAAAAAAA==");
                job.put("runtime_id", 1L << 40);
                job.putObject("compile_limits").put("wall_time", 1).put("max_open_files", 64);
            }
            return job.put("deadline", 32503680000000L);
        }

        private static ObjectNode installation(ObjectNode job) {
            job.put("type", "InstallJob").put("name", NO_NAME).put("source_file_name", "../up");
            job.put("nix_shell", "").put("compile_script", "true").put("run_script", "");
            job.putObject("limits").put("memory", 1024).put("extra_time", 0);
            job.putObject("check")
                    .put("source_code", "print 1")
                    .put("stdin", "")
                    .putObject("expected")
                    .put("stdout", "1");
            return job;
        }

        /** The install job lacks a name that may be, so that no change of bits makes it run. */
        private byte[] avro() {
            try {
                return array(
                        topic == JobTopic.EXECUTE
                                ? ExecuteJob.newBuilder()
                                        .setJobId(id)
                                        .setRuntime("none of this name")
                                        .setSourceCode(ByteBuffer.wrap("print 1".getBytes(UTF_8)))
                                        .setArgs(List.of("-v", "-w"))
                                        .setEnv(Map.of("A", "1"))
                                        .build()
                                        .toByteBuffer()
                                : random.nextBoolean()
                                        ? RemoveRuntimeJob.newBuilder()
                                                .setJobId(id)
                                                .setRuntime("none of this name")
                                                .build()
                                                .toByteBuffer()
                                        : InstallJob.newBuilder()
                                                .setJobId(id)
                                                .setName(NO_NAME)
                                                .setSourceFileName("../up")
                                                .setNixShell("")
                                                .setRunScript("")
                                                .build()
                                                .toByteBuffer());
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        private static byte[] array(ByteBuffer buffer) {
            byte[] bytes = new byte[buffer.remaining()];
            buffer.get(bytes);
            return bytes;
        }

        private static byte[] text(ObjectNode job) {
            return job.toString().getBytes(UTF_8);
        }

        private byte[] bytes(int count) {
            byte[] bytes = new byte[count];
            random.nextBytes(bytes);
            return bytes;
        }
    }
}
