package boxcar.runtime;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.abort;
import static org.junit.jupiter.api.Assumptions.assumeFalse;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import boxcar.files.Trees;
import boxcar.job.Cancellation;
import boxcar.job.Catalogue.LogIdentity;
import boxcar.job.CatalogueRecord;
import boxcar.job.Ending;
import boxcar.job.Fault;
import boxcar.job.Limits;
import boxcar.job.Progress;
import boxcar.job.RuntimeDefinition;
import boxcar.job.Sandbox;
import boxcar.job.Workshop.Built;
import boxcar.sandbox.SandboxSettings;
import boxcar.sandbox.SandboxSettings.Choice;
import boxcar.sandbox.Sandboxes;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HexFormat;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Definitions that mean harm, with real Nix in a real sandbox. */
class HostileInstallTest {
    private static final Path CONFIGURATION = Path.of("/tmp/.config/nix/nix.conf");
    private static final Path STORE = Path.of("/nix/store");

    private Path home = Path.of("unset");
    private Optional<Sandbox> sandbox = Optional.empty();
    private Optional<Database> database = Optional.empty();
    private Optional<HostWorkshop> workshop = Optional.empty();

    @AfterEach
    void close() throws Exception {
        workshop.ifPresent(HostWorkshop::close);
        database.ifPresent(Database::close);
        sandbox.ifPresent(Sandbox::close);
        if (Files.isDirectory(home)) {
            Trees.delete(home);
        }
    }

    private HostWorkshop open(String program) throws Exception {
        assumeTrue(Files.isExecutable(Path.of("/usr/bin/nix-shell")), "no Nix here");
        home = Files.createTempDirectory("hostile-install");
        // What builders leave for the test is below it.
        Files.setAttribute(home, "unix:mode", 0777);
        SqlCatalogue catalogue;
        try {
            sandbox =
                    Optional.of(
                            Sandboxes.open(
                                    new SandboxSettings(
                                            program.equals("runc") ? Choice.RUNC : Choice.ISOLATE,
                                            program,
                                            program,
                                            960,
                                            963,
                                            1,
                                            home.resolve("locks"),
                                            16 * 1024)));
        } catch (Fault e) {
            abort(program + ": " + e.getMessage());
        }
        database = Optional.of(Database.open(home.resolve("boxcar.sqlite")));
        catalogue = new SqlCatalogue(database.orElseThrow());
        catalogue.position(new LogIdentity("cluster", "topic"));
        var opened =
                new HostWorkshop(
                        new RuntimeSettings(
                                home.resolve("state"),
                                Map.of("NIX_BUILD_SHELL", "/bin/bash"),
                                false,
                                64,
                                Duration.ofDays(1),
                                InstantSource.system()),
                        catalogue,
                        sandbox.orElseThrow());
        this.catalogue = Optional.of(catalogue);
        workshop = Optional.of(opened);
        return opened;
    }

    private Optional<SqlCatalogue> catalogue = Optional.empty();

    private static RuntimeDefinition definition(String expression) {
        return definition(expression, 60, 512 * 1024);
    }

    private static RuntimeDefinition definition(String expression, int seconds, long memory) {
        return new RuntimeDefinition(
                "hostile",
                "main",
                expression,
                null,
                "exit",
                new Limits(
                        Duration.ofSeconds(seconds),
                        Duration.ofSeconds(Math.min(seconds, 20)),
                        Duration.ZERO,
                        memory,
                        16 * 1024,
                        256,
                        64,
                        1024));
    }

    private static Built build(HostWorkshop workshop, RuntimeDefinition definition)
            throws Exception {
        return workshop.build(definition, Progress.NONE, new Cancellation());
    }

    /**
     * An expression of which a builder runs a script as it is built; what it says in {@code
     * $out/setup} is sourced by the shell.
     */
    private String expression(String variables, String builder) {
        return """
        let
          system = builtins.currentSystem;
          part = derivation {
            inherit system;
            name = "hostile-part";
            builder = "/bin/sh";
            allowSubstitutes = false;
            unique = "%s";
            args = [ "-c" ''
              PATH=/usr/bin:/bin
              mkdir $out
              echo 'export PATH=/usr/bin:/bin' > $out/setup
              %s
            '' ];
          };
        in derivation {
          inherit system;
          name = "hostile";
          builder = "/bin/sh";
          args = [ "-c" "echo > $out" ];
          stdenv = part;
          %s
        }
        """
                .formatted(home, builder, variables);
    }

    private static String said(Built built) {
        return built.ending().how()
                + " "
                + new String(built.ending().stderr().bytes(), UTF_8)
                + built.refused();
    }

    @ParameterizedTest
    @ValueSource(strings = {"isolate", "isolate-1", "runc"})
    void whatABuilderLeavesForUsIsNotRead(String program) throws Exception {
        HostWorkshop opened = open(program);
        assumeFalse(Files.exists(CONFIGURATION), "the host has " + CONFIGURATION);
        try {
            Built built =
                    build(
                            opened,
                            definition(
                                    expression(
                                            "",
                                            "mkdir -p %s; echo 'plugin-files = %s/plug-in.so' > %s; exit 0"
                                                    .formatted(
                                                            CONFIGURATION.getParent(),
                                                            home,
                                                            CONFIGURATION))));

            assertNotNull(built.staged(), () -> said(built));
            built.staged().offer("job");
            install(definition(""));
            String stdenv =
                    Objects.requireNonNull(
                            opened.borrow(7).home().environment().get("stdenv"), "no stdenv");
            assertEquals(
                    Path.of(stdenv),
                    Files.readSymbolicLink(home.resolve("state/runtimes/7/gcroot")));
        } finally {
            Files.deleteIfExists(CONFIGURATION);
        }
    }

    private void install(RuntimeDefinition definition) throws Exception {
        catalogue
                .orElseThrow()
                .follow(
                        7,
                        new CatalogueRecord.Installed(definition, "digest", "job", Instant.EPOCH));
    }

    @ParameterizedTest
    @ValueSource(strings = {"isolate", "isolate-1", "runc"})
    void whatOnlyTheEnvironmentNamesIsKeptButNotBuilt(String program) throws Exception {
        HostWorkshop opened = open(program);
        Path ran = home.resolve("ran");
        String later =
                """
                DERIVATION = builtins.unsafeDiscardOutputDependency (derivation {
                  inherit system;
                  name = "hostile-later";
                  builder = "/bin/sh";
                  allowSubstitutes = false;
                  args = [ "-c" "echo > %s; echo > $out" ];
                }).drvPath;
                """
                        .formatted(ran);

        Built built = build(opened, definition(expression(later, "")));

        assertNotNull(built.staged(), () -> said(built));
        assertFalse(Files.exists(ran), "it was built");
        String named = built.staged().home().environment().get("DERIVATION");
        Path folder = built.staged().home().folder();
        assertTrue(
                GcRoots.areThere(
                        folder,
                        GcRoots.named(
                                java.util.List.copyOf(
                                        built.staged().home().environment().values()))),
                named);
        built.staged().close();
        assertFalse(Files.exists(folder));
    }

    @ParameterizedTest
    @ValueSource(strings = {"isolate", "isolate-1", "runc"})
    void whatIsNotInTheStoreByNixIsRefused(String program) throws Exception {
        HostWorkshop opened = open(program);
        String hash =
                HexFormat.of()
                        .formatHex(
                                MessageDigest.getInstance("SHA-256")
                                        .digest(home.toString().getBytes(UTF_8)))
                        .substring(0, 32)
                        .replace('e', 'z');
        Path fake = STORE.resolve(hash + "-fake");
        try {
            Built built =
                    build(
                            opened,
                            definition(
                                    expression(
                                            "FAKE = \"" + fake + "\";",
                                            "echo > " + fake + "; exit 0")));

            assumeTrue(Files.exists(fake), "builders cannot write into the store here");
            assertNull(built.staged());
            assertEquals(
                    "nix_shell must leave an environment that names valid paths of the Nix store only, but is '"
                            + fake
                            + "'",
                    Objects.requireNonNull(built.refused(), () -> said(built)).message());
        } finally {
            Files.deleteIfExists(fake);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"isolate", "isolate-1", "runc"})
    void aBuilderLeavesNothingInTheStoreThatJobsCouldTalkThrough(String program) throws Exception {
        HostWorkshop opened = open(program);
        Path place = STORE.resolve("hostile-" + home.getFileName());
        String socket =
                "perl -MSocket -e 'socket S, AF_UNIX, SOCK_STREAM, 0; bind S, pack_sockaddr_un(q(%s)) or die'"
                        .formatted(place.resolve("socket"));
        try {
            Built built =
                    build(
                            opened,
                            definition(
                                    expression(
                                            "",
                                            """
                                            mkdir -p %1$s/a/b; mkfifo %1$s-fifo %1$s/a/b/fifo; %2$s
                                            chmod 0 %1$s/a; echo > %1$s/file
                                            exit 0\
                                            """
                                                    .formatted(place, socket))));

            assertNotNull(built.staged(), () -> said(built));
            assumeTrue(
                    Files.exists(place.resolve("file")),
                    "builders cannot write into the store here");
            assertFalse(Files.exists(Path.of(place + "-fifo")));
            assertFalse(Files.exists(place.resolve("a/b/fifo")));
            assertFalse(Files.exists(place.resolve("socket")));
            assertTrue(Files.isDirectory(place.resolve("a/b")));
        } finally {
            Trees.delete(place);
            Files.deleteIfExists(Path.of(place + "-fifo"));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"isolate", "isolate-1", "runc"})
    void noProcessOfABuilderOutlivesItsInstallation(String program) throws Exception {
        HostWorkshop opened = open(program);
        Path held = home.resolve("held");
        String hold = "perl -e 'open F, q(>>), q(%s); flock F, 2; sleep 600'".formatted(held);
        Files.writeString(held, "");
        Files.setAttribute(held, "unix:mode", 0666);

        Built left =
                build(
                        opened,
                        definition(
                                expression(
                                        "",
                                        "setsid "
                                                + hold
                                                + " </dev/null >/dev/null 2>&1 & sleep 0.5; exit 0")));

        assertNotNull(left.staged(), () -> said(left));
        assertTrue(isFree(held), "a process that the builder left behind is alive");

        Built late = build(opened, definition(expression("", hold + "; exit 0"), 2, 512 * 1024));

        assertEquals(new Ending.WallTimeout(), late.ending().how(), () -> said(late));
        await().atMost(Duration.ofSeconds(20)).until(() -> isFree(held));
    }

    private static boolean isFree(Path file) throws Exception {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE);
                FileLock lock = channel.tryLock()) {
            return lock != null;
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"isolate", "isolate-1", "runc"})
    void anEvaluationWithoutEndMeetsItsLimits(String program) throws Exception {
        HostWorkshop opened = open(program);

        Built endless =
                build(
                        opened,
                        definition(
                                "let f = n: if n < 0 then n else f (n - n + 1); in f 1",
                                3,
                                2048 * 1024));
        Built gigantic =
                build(
                        opened,
                        definition(
                                "builtins.deepSeq (builtins.genList (x: [ x ]) 100000000) 1",
                                4,
                                128 * 1024));

        assertNull(endless.staged());
        assertNotEquals(new Ending.Exited(0), endless.ending().how());
        assertNull(gigantic.staged());
        assertNotEquals(new Ending.Exited(0), gigantic.ending().how());
    }

    @ParameterizedTest
    @ValueSource(strings = {"isolate", "isolate-1", "runc"})
    void nixDoesNotFetchFilesOfTheHostThatAreNotForEverybody(String program) throws Exception {
        HostWorkshop opened = open(program);
        Path secret = Files.writeString(home.resolve("secret"), "secret");
        Files.setAttribute(secret, "unix:mode", 0600);
        String hash =
                HexFormat.of()
                        .formatHex(
                                MessageDigest.getInstance("SHA-256")
                                        .digest("secret".getBytes(UTF_8)));
        String daemon =
                "SECRET = import <nix/fetchurl.nix> { url = \"file://%s\"; sha256 = \"%s\"; };"
                        .formatted(secret, hash);
        String box =
                "SECRET = builtins.readFile (builtins.fetchurl \"file://%s\");".formatted(secret);

        Built byTheDaemon = build(opened, definition(expression(daemon, "")));
        Built inTheBox = build(opened, definition(expression(box, "")));

        assertNull(byTheDaemon.staged(), () -> said(byTheDaemon));
        assertTrue(said(byTheDaemon).contains("secret"), () -> said(byTheDaemon));
        assertNull(inTheBox.staged(), () -> said(inTheBox));
    }

    @ParameterizedTest
    @ValueSource(strings = {"isolate", "isolate-1", "runc"})
    void optionsOfAnInstallerChangeNothingForTheDaemonOrForUs(String program) throws Exception {
        HostWorkshop opened = open(program);
        Path hooked = home.resolve("hooked");
        Path hook = home.resolve("hook");
        Files.writeString(hook, "#!/bin/sh\necho > " + hooked + "\n");
        Files.setAttribute(hook, "unix:mode", 0755);
        String options =
                """
                #! nix-shell --option post-build-hook %s --option plugin-files %s --option build-users-group root
                #! nix-shell /box/shell.nix --run "/usr/bin/env -0 > /box/.boxcar-environment"
                """
                        .formatted(hook, hook);
        String more =
                "NIX_CONFIG = \"post-build-hook = %s\"; NIX_REMOTE = \"local\";".formatted(hook);

        Built byShebang = build(opened, definition(options + expression("", "exit 0")));
        Built byEnvironment = build(opened, definition(expression(more, "exit 0")));

        assertFalse(Files.exists(hooked), () -> said(byShebang));
        assertNotNull(byEnvironment.staged(), () -> said(byEnvironment));
    }

    @ParameterizedTest
    @ValueSource(strings = {"isolate", "isolate-1", "runc"})
    void anInstallerCannotDeleteWhatOtherRuntimesUse(String program) throws Exception {
        HostWorkshop opened = open(program);
        Built first = build(opened, definition(expression("", "exit 0")));
        assertNotNull(first.staged(), () -> said(first));
        String path =
                Objects.requireNonNull(
                        first.staged().home().environment().get("stdenv"), "no stdenv");
        String delete =
                "echo 'nix-store --delete %1$s; nix-store --delete --ignore-liveness %1$s; :' >> $out/setup; exit 0"
                        .formatted(path);

        Built second = build(opened, definition(expression("", delete)));

        assertTrue(said(second).contains("still alive"), () -> said(second));
        assertTrue(said(second).contains("not allowed to ignore liveness"), () -> said(second));
        assertTrue(Files.isDirectory(Path.of(path)));
    }
}
