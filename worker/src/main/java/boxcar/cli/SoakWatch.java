package boxcar.cli;

import boxcar.job.Fault;
import boxcar.sandbox.Footprint;
import boxcar.sandbox.SandboxSettings;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Looks at one worker, from outside, and at what the boxes of the range have on this host. */
final class SoakWatch implements AutoCloseable {
    private static final String HEAP = "jvm_memory_bytes_used{area=\"heap\",}";
    private static final long PATIENCE_SECONDS = 60;

    private final WorkerProcess worker;
    private final URI metrics;
    private final Path state;
    private final SandboxSettings range;
    private final HttpClient http = HttpClient.newHttpClient();

    SoakWatch(WorkerProcess worker, URI metrics, Path state, SandboxSettings range) {
        this.worker = worker;
        this.metrics = metrics;
        this.state = state;
        this.range = range;
    }

    Map<SoakFigure, Long> look() throws IOException, InterruptedException, Fault {
        Map<SoakFigure, Long> sample = new EnumMap<>(SoakFigure.class);
        collectGarbage();
        sample.put(SoakFigure.HEAP, heapKib());
        sample.put(SoakFigure.RESIDENT, status("VmRSS"));
        sample.put(SoakFigure.THREADS, status("Threads"));
        try (Stream<Path> descriptors = Files.list(proc("fd"))) {
            sample.put(SoakFigure.DESCRIPTORS, descriptors.count());
        }
        Disk disk = new Disk();
        Files.walkFileTree(state, disk);
        sample.put(SoakFigure.STATE, disk.others / 1024);
        sample.put(SoakFigure.DATABASE, disk.database / 1024);
        Footprint footprint = Footprint.of(range);
        sample.put(SoakFigure.BOX_FOLDERS, footprint.folders());
        sample.put(SoakFigure.GROUPS, footprint.groups());
        sample.put(SoakFigure.MOUNTS, footprint.mounts());
        return sample;
    }

    private void collectGarbage() throws IOException, InterruptedException {
        String jcmd = Path.of(System.getProperty("java.home"), "bin", "jcmd").toString();
        Process process =
                new ProcessBuilder(jcmd, Long.toString(worker.pid()), "GC.run")
                        .redirectErrorStream(true)
                        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                        .start();
        if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
            process.destroyForcibly();
            throw new IOException("jcmd GC.run did not end within " + PATIENCE_SECONDS + " s");
        }
        if (process.exitValue() != 0) {
            throw new IOException("jcmd GC.run ended with " + process.exitValue());
        }
    }

    private long heapKib() throws IOException, InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(metrics).build();
        String scraped = http.send(request, HttpResponse.BodyHandlers.ofString()).body();
        return scraped.lines()
                .filter(line -> line.startsWith(HEAP))
                .map(line -> (long) Double.parseDouble(line.substring(HEAP.length())) / 1024)
                .findFirst()
                .orElseThrow(() -> new IOException("no " + HEAP + " at " + metrics));
    }

    private long status(String name) throws IOException {
        for (String line : Files.readAllLines(proc("status"))) {
            if (line.startsWith(name + ":")) {
                return Long.parseLong(line.replaceAll("\\D", ""));
            }
        }
        throw new IOException("no " + name + " in " + proc("status"));
    }

    private Path proc(String file) {
        return Path.of("/proc", Long.toString(worker.pid()), file);
    }

    /** Sums the sizes of files, the database's apart. What goes while we look is not there. */
    private static final class Disk extends SimpleFileVisitor<Path> {
        private long database;
        private long others;

        @Override
        public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
            if (file.getFileName().toString().contains(".sqlite")) {
                database += attributes.size();
            } else {
                others += attributes.size();
            }
            return FileVisitResult.CONTINUE;
        }

        @Override
        public FileVisitResult visitFileFailed(Path file, IOException e) throws IOException {
            if (e instanceof NoSuchFileException) {
                return FileVisitResult.CONTINUE;
            }
            throw e;
        }

        @Override
        public FileVisitResult postVisitDirectory(Path folder, @Nullable IOException e) {
            return FileVisitResult.CONTINUE;
        }
    }

    @Override
    public void close() {
        http.close();
    }
}
