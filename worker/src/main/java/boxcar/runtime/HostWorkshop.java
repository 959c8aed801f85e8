package boxcar.runtime;

import boxcar.files.Found;
import boxcar.files.Trees;
import boxcar.job.Cancellation;
import boxcar.job.Disk;
import boxcar.job.Ending;
import boxcar.job.Fault;
import boxcar.job.LanguageRuntime;
import boxcar.job.LanguageRuntime.State;
import boxcar.job.Progress;
import boxcar.job.Rejection;
import boxcar.job.RuntimeDefinition;
import boxcar.job.Sandbox;
import boxcar.job.Stage;
import boxcar.job.Workshop;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The workshop of this host. Follows the catalogue: a runtime that appears is made here (or, if
 * this replica's own job just made it, put into place), one that is removed is taken away once
 * nobody borrows it. What cannot be made is tried again with growing pauses.
 */
final class HostWorkshop implements Workshop, SqlCatalogue.Listener, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(HostWorkshop.class);
    private static final long LARGEST_ENVIRONMENT = 4L << 20;
    private static final Duration FIRST_PAUSE = Duration.ofSeconds(5);
    private static final Duration LONGEST_PAUSE = Duration.ofMinutes(10);

    private final Duration firstPause;
    private final SqlCatalogue catalogue;
    private final Sandbox sandbox;
    private final Shelf shelf;
    private final NixShell nix;
    private final GcRoots roots;
    private final Map<Long, Shelved> shelved = new ConcurrentHashMap<>();
    private final Map<String, StagedRuntime> offers = new ConcurrentHashMap<>();
    private final Cancellation closing = new Cancellation();
    private final ExecutorService makers = Executors.newVirtualThreadPerTaskExecutor();

    HostWorkshop(RuntimeSettings settings, SqlCatalogue catalogue, Sandbox sandbox) throws Fault {
        this(settings, catalogue, sandbox, FIRST_PAUSE);
    }

    /**
     * As above.
     *
     * @param firstPause before what could not be made is tried for the second time
     */
    HostWorkshop(
            RuntimeSettings settings, SqlCatalogue catalogue, Sandbox sandbox, Duration firstPause)
            throws Fault {
        this.firstPause = firstPause;
        this.catalogue = catalogue;
        this.sandbox = sandbox;
        this.shelf = new Shelf(settings.state());
        this.nix = new NixShell(settings, shelf.shell());
        this.roots = new GcRoots(settings.nixEnvironment());
        catalogue.list().forEach(this::installed);
        catalogue.tell(this);
    }

    @Override
    public Built build(RuntimeDefinition definition, Progress progress, Cancellation cancellation)
            throws Fault, InterruptedException {
        Path configuration = shelf.stage("nix");
        try (Disk disk = sandbox.disk()) {
            Path work = disk.path();
            NixFolder.fill(configuration);
            Trees.write(
                    work,
                    NixShell.EXPRESSION,
                    definition.nixShell().getBytes(StandardCharsets.UTF_8),
                    false);
            Lines lines = new Lines(progress);
            Ending ending =
                    run(
                            nix.stage(definition, new NixShell.Places(work, configuration), lines),
                            cancellation);
            lines.flush();
            Optional<Environment> environment = captured(ending, work);
            return environment.isEmpty()
                    ? new Built(ending, null)
                    : stage(ending, definition, environment.get().withoutInstallation());
        } catch (IOException e) {
            throw Shelf.failed("cannot prepare an installation", e);
        } finally {
            Shelf.discard(configuration);
        }
    }

    private Ending run(Stage stage, Cancellation cancellation) throws Fault, InterruptedException {
        try {
            return sandbox.run(stage, cancellation);
        } finally {
            StoreWatch.removeSpecialFiles();
        }
    }

    /** Writes what was made into a staging folder, and keeps what it uses from being collected. */
    private Built stage(Ending ending, RuntimeDefinition definition, Environment environment)
            throws Fault {
        StagedRuntime staged = new StagedRuntime(shelf.stage("runtime"), definition, environment);
        boolean whole = false;
        try {
            shelf.write(staged.folder, definition, environment);
            List<Path> invalid = roots.add(staged.folder, staged.uses);
            whole = invalid.isEmpty();
            return whole
                    ? new Built(ending, staged)
                    : new Built(ending, null, notInTheStore(invalid.getFirst()));
        } finally {
            if (!whole) {
                staged.close();
            }
        }
    }

    private static Rejection notInTheStore(Path path) {
        return new Rejection(
                "nix_shell",
                path.toString(),
                "must leave an environment that names valid paths of the Nix store only");
    }

    private static Optional<Environment> captured(Ending ending, Path work) throws IOException {
        if (!ending.how().equals(new Ending.Exited(0))) {
            return Optional.empty();
        }
        return switch (Trees.read(work, NixShell.ENVIRONMENT, LARGEST_ENVIRONMENT)) {
            case Found.Content content -> Optional.of(Environment.parse(content.bytes()));
            case Found.Absent _, Found.NotRegular _, Found.TooLarge _ -> Optional.empty();
        };
    }

    @Override
    public Loan borrow(long id) throws Fault, InterruptedException {
        Shelved runtime = shelved.get(id);
        if (runtime == null) {
            throw new Fault(
                    "runtime-folder",
                    Fault.Next.RETRY_HERE,
                    "runtime " + id + " was removed while its job waited");
        }
        return runtime.lend();
    }

    @Override
    public void installed(LanguageRuntime runtime) {
        Shelved place = new Shelved(runtime.id(), () -> takeAway(runtime.id()));
        shelved.put(runtime.id(), place);
        StagedRuntime offered = offers.remove(runtime.jobId());
        StagedRuntime offer = offered != null && offered.take() ? offered : null;
        makers.execute(() -> make(runtime, place, offer));
    }

    private void make(
            LanguageRuntime runtime,
            Shelved place,
            @org.jspecify.annotations.Nullable StagedRuntime offer) {
        Duration pause = firstPause;
        StagedRuntime ready = offer;
        while (!closing.isCancelled() && shelved.get(runtime.id()) == place) {
            try {
                place.ready(home(runtime, ready));
                catalogue.say(runtime.id(), State.READY, null);
                LOG.info("runtime {} '{}' is ready on this host", runtime.id(), runtime.name());
                return;
            } catch (Fault | RuntimeException e) {
                Fault fault =
                        e instanceof Fault known
                                ? known
                                : new Fault("internal", Fault.Next.TRY_ELSEWHERE, "a mistake", e);
                ready = null;
                broken(runtime, place, fault, pause);
                if (!place.pause(pause)) {
                    return;
                }
                pause =
                        pause.multipliedBy(2).compareTo(LONGEST_PAUSE) < 0
                                ? pause.multipliedBy(2)
                                : LONGEST_PAUSE;
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            }
        }
    }

    private void broken(LanguageRuntime runtime, Shelved place, Fault fault, Duration pause) {
        if (closing.isCancelled()) {
            return;
        }
        LOG.warn(
                "runtime {} '{}' cannot be made on this host; next try in {} s: {}",
                runtime.id(),
                runtime.name(),
                pause.toSeconds(),
                fault.getMessage());
        place.broken(fault);
        try {
            catalogue.say(runtime.id(), State.BROKEN, fault.getMessage());
        } catch (Fault database) {
            LOG.warn(
                    "cannot write that runtime {} is broken: {}",
                    runtime.id(),
                    database.getMessage());
        }
    }

    private RuntimeHome home(
            LanguageRuntime runtime, @org.jspecify.annotations.Nullable StagedRuntime offer)
            throws Fault, InterruptedException {
        if (offer != null) {
            return shelve(runtime, offer);
        }
        Optional<RuntimeHome> there = found(runtime);
        if (there.isPresent()) {
            return there.get();
        }
        LOG.info("making runtime {} '{}' on this host", runtime.id(), runtime.name());
        Built built = build(runtime.definition(), Progress.NONE, closing);
        if (!(built.staged() instanceof StagedRuntime staged) || !staged.take()) {
            throw new Fault(
                    "nix",
                    Fault.Next.TRY_ELSEWHERE,
                    "runtime '" + runtime.name() + "' did not install here: " + why(built));
        }
        return shelve(runtime, staged);
    }

    private static String why(Built built) {
        return built.refused() != null
                ? built.refused().message()
                : built.ending().how() + ", " + tail(built.ending().stderr().bytes());
    }

    /** The runtime as an earlier start left it, if all that it uses is still in the store. */
    private Optional<RuntimeHome> found(LanguageRuntime runtime) throws Fault {
        Optional<RuntimeHome> there = shelf.find(runtime);
        if (there.isEmpty()) {
            return there;
        }
        List<Path> uses = uses(runtime.definition(), there.get().environment());
        Path folder = there.get().folder();
        if (shelf.isIncomplete(folder)
                || (!GcRoots.areThere(folder, uses) && !roots.add(folder, uses).isEmpty())) {
            LOG.warn(
                    "runtime {} '{}' is made anew: the Nix store has lost what it uses",
                    runtime.id(),
                    runtime.name());
            return Optional.empty();
        }
        return there;
    }

    private RuntimeHome shelve(LanguageRuntime runtime, StagedRuntime staged) throws Fault {
        Path place = shelf.folder(runtime.id());
        try {
            roots.carry(
                    staged.folder,
                    place,
                    staged.uses,
                    () -> shelf.shelve(staged.folder, runtime.id(), runtime.digest()));
            return new RuntimeHome(place, staged.home.environment());
        } finally {
            Shelf.discard(staged.folder);
        }
    }

    private static List<Path> uses(RuntimeDefinition definition, Map<String, String> environment) {
        List<String> texts = new ArrayList<>(environment.values());
        texts.add(definition.runScript());
        texts.add(Objects.requireNonNullElse(definition.compileScript(), ""));
        return GcRoots.named(texts);
    }

    private static String tail(byte[] stderr) {
        String text = new String(stderr, StandardCharsets.UTF_8).strip();
        return text.length() <= 500 ? text : "…" + text.substring(text.length() - 500);
    }

    @Override
    public void removed(long id) {
        Shelved place = shelved.remove(id);
        if (place != null) {
            place.close();
        }
    }

    private void takeAway(long id) {
        try {
            shelf.remove(id);
            LOG.info("runtime {} is gone from this host", id);
        } catch (Fault fault) {
            LOG.warn("{}; the next start does it", fault.getMessage());
        }
    }

    /** Tries at once what waits for its next try: what kept it from being made may be mended. */
    void tryAgain() {
        shelved.values().forEach(Shelved::tryAgain);
    }

    /** Once the whole log was followed: folders of runtimes that are no more are removed. */
    void reconcile() throws Fault {
        List<String> gone = shelf.removeAllBut(id -> catalogue.find(id).isPresent());
        if (!gone.isEmpty()) {
            LOG.info("removed the folders of runtimes that the catalogue does not have: {}", gone);
        }
    }

    @Override
    public void close() {
        closing.cancel();
        shelved.values().forEach(Shelved::stopWaiting);
        makers.shutdownNow();
        makers.close();
    }

    /**
     * A runtime in a staging folder. Either the catalogue's follower takes it, who is then to
     * shelve it, or it is discarded; never both, though they are two threads.
     */
    private final class StagedRuntime implements Staged {
        private final Path folder;
        private final RuntimeHome home;
        private final List<Path> uses;
        private final AtomicBoolean spoken = new AtomicBoolean();

        StagedRuntime(Path folder, RuntimeDefinition definition, Environment environment) {
            this.folder = folder;
            this.home = new RuntimeHome(folder, environment.variables());
            this.uses = uses(definition, environment.variables());
        }

        @Override
        public RuntimeHome home() {
            return home;
        }

        @Override
        public void offer(String jobId) {
            offers.put(jobId, this);
        }

        /**
         * @return false if it was discarded before
         */
        boolean take() {
            return spoken.compareAndSet(false, true);
        }

        @Override
        public void close() {
            offers.values().remove(this);
            if (take()) {
                Shelf.discard(folder);
            }
        }
    }
}
