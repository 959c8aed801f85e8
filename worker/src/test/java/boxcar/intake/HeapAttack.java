package boxcar.intake;

import static java.nio.charset.StandardCharsets.UTF_8;

import boxcar.engine.Engine;
import boxcar.engine.ScriptedEngine;
import boxcar.engine.ScriptedSandbox;
import boxcar.job.Cancellation;
import boxcar.job.Captured;
import boxcar.job.Ending;
import boxcar.job.JobResult;
import boxcar.job.Progress;
import boxcar.job.StageKind;
import boxcar.schema.ExecuteJob;
import boxcar.schema.File;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/** Jobs that take as much of the heap as they can, at many boxes at once; in a JVM of its own. */
final class HeapAttack {
    private static final int KEPT_KIB = 64;
    private static final int RESULT_KIB = 4096;
    private static final int TESTS = 1000;

    private final Engine engine;
    private final CodecWire wire;
    private final JobMemory memory;

    private HeapAttack(Path home, Format format) throws Exception {
        var sandbox = new ScriptedSandbox(Files.createDirectory(home.resolve("disks")));
        byte[] escaped = new byte[KEPT_KIB * 1024];
        Arrays.fill(escaped, (byte) 1);
        sandbox.does((stage, _) -> {
            Ending well = ScriptedSandbox.ended(new Ending.Exited(0));
            return stage.kind() == StageKind.COMPILE
                    ? well
                    : new Ending(
                            well.how(),
                            well.usage(),
                            new Captured(escaped.clone(), true),
                            new Captured(escaped.clone(), true),
                            null,
                            null);
        });
        engine = ScriptedEngine.of(home, sandbox, KEPT_KIB, RESULT_KIB);
        wire =
                new CodecWire(
                        JobRules.standard(),
                        new ResultCodec(format, RESULT_KIB * 1024),
                        "here",
                        "scripted");
        memory = new JobMemory(this::handle, JobMemory.ofHeap(), wire::heapBytes);
    }

    /** Arguments: an empty folder, how results are written, how many boxes there are. */
    public static void main(String[] args) throws Exception {
        var attack = new HeapAttack(Path.of(args[0]), Format.valueOf(args[1]));
        List<byte[]> jobs =
                List.of(
                        prints(),
                        prints(),
                        unpacks(),
                        prints(),
                        emptyFiles(),
                        prints(),
                        emptyLists(),
                        prints());
        List<Future<?>> running = new ArrayList<>();
        try (ExecutorService boxes = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int box = 0; box < Integer.parseInt(args[2]); box++) {
                byte[] job = jobs.get(box % jobs.size());
                running.add(boxes.submit(() -> attack.memory.handle(delivery(job))));
            }
            for (Future<?> one : running) {
                one.get();
            }
        }
        System.out.println("done");
    }

    private static byte[] prints() {
        StringBuilder tests = new StringBuilder();
        for (int i = 0; i < TESTS; i++) {
            tests.append(i == 0 ? "" : ",").append("{\"id\":\"").append(i).append("\"}");
        }
        return ("{\"job_id\":\"j\",\"runtime\":\"sh\",\"source_code\":\"x\",\"tests\":["
                        + tests
                        + "]}")
                .getBytes(UTF_8);
    }

    private static byte[] unpacks() throws Exception {
        var bytes = new ByteArrayOutputStream();
        try (var zip = new ZipOutputStream(bytes)) {
            zip.putNextEntry(new ZipEntry("large"));
            zip.write(new byte[16 << 20]);
        }
        return AvroValues.encode(job().setZip(ByteBuffer.wrap(bytes.toByteArray())).build());
    }

    private static byte[] emptyFiles() {
        var file = new File("", ByteBuffer.allocate(0), false);
        return AvroValues.encode(
                job().setFiles(new ArrayList<>(java.util.Collections.nCopies(300_000, file)))
                        .build());
    }

    private static byte[] emptyLists() {
        return ("{\"job_id\":\"j\",\"files\":[" + "{},".repeat(900_000) + "{}]}").getBytes(UTF_8);
    }

    private static ExecuteJob.Builder job() {
        return ExecuteJob.newBuilder()
                .setJobId("j")
                .setRuntime("sh")
                .setSourceCode(ByteBuffer.wrap("x".getBytes(UTF_8)));
    }

    private static Delivery delivery(byte[] value) {
        return new Delivery(
                JobTopic.EXECUTE,
                new ConsumerRecord<>("t", 0, 0, new byte[0], value.clone()),
                1,
                new Delivery.Taken(Instant.now(), System.nanoTime()),
                new NoPast(),
                () -> {},
                Delivery.Wait::await,
                () -> true);
    }

    private Settling handle(Delivery delivery) throws InterruptedException {
        if (wire.job(JobTopic.EXECUTE, null, delivery.value()) instanceof Decoded.Good good) {
            try {
                answer(engine.run(good.job(), Progress.NONE, new Cancellation()));
            } catch (boxcar.job.Fault e) {
                throw new IllegalStateException(e);
            }
        }
        return new Settling.Accept();
    }

    private void answer(JobResult result) {
        byte[] value =
                wire.result(
                        new Answer(
                                "j",
                                boxcar.job.Job.Kind.EXECUTE,
                                result,
                                "a",
                                1,
                                Instant.EPOCH,
                                Instant.EPOCH,
                                Instant.EPOCH,
                                null));
        if (value.length > RESULT_KIB * 1024) {
            throw new IllegalStateException("a result of " + value.length + " bytes");
        }
    }

    private static final class NoPast implements Delivery.Past {
        @Override
        public java.util.Optional<Delivery.Doubt> doubt() {
            return java.util.Optional.empty();
        }

        @Override
        public boolean isLedAsThen() {
            return true;
        }
    }
}
