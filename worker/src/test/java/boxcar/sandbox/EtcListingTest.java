package boxcar.sandbox;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import boxcar.files.Owner;
import boxcar.files.Trees;
import boxcar.job.Bind;
import boxcar.job.EtcEntries;
import boxcar.job.Fault;
import boxcar.job.Stage;
import boxcar.job.StageKind;
import boxcar.sandbox.EtcListing.Link;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What comes from a host's /etc into boxes, and what never does. */
class EtcListingTest {
    private Path home = Path.of("unset");
    private Path etc = Path.of("unset");

    @BeforeEach
    void aHost() throws Exception {
        home = Files.createTempDirectory("etc-test");
        Files.setAttribute(home, "unix:mode", 0755);
        etc = directory("etc");
    }

    @AfterEach
    void away() throws Exception {
        Trees.delete(home);
    }

    private Path directory(String name) throws Exception {
        Path made = Files.createDirectories(home.resolve(name));
        Files.setAttribute(made, "unix:mode", 0755);
        return made;
    }

    private void makeParent(Path place) throws Exception {
        Path parent = Objects.requireNonNull(place.getParent());
        if (!Files.isDirectory(parent)) {
            directory(home.relativize(parent).toString());
        }
    }

    private Path file(String name, String content, int mode) throws Exception {
        Path file = home.resolve(name);
        makeParent(file);
        Files.writeString(file, content);
        Files.setAttribute(file, "unix:mode", mode);
        return file;
    }

    private void link(String name, String target) throws Exception {
        Path link = home.resolve(name);
        makeParent(link);
        Files.createSymbolicLink(link, Path.of(target));
    }

    private static Stage stage(StageKind kind) {
        Stage run = Given.sh(Path.of("/"), "").stage();
        return new Stage(
                kind,
                run.command(),
                run.environment(),
                run.workDirectory(),
                run.binds(),
                run.limits(),
                run.stdin(),
                run.outputCapKib(),
                run.network(),
                run.listener());
    }

    private static Path etcOf(Stage stage) {
        return stage.binds().stream()
                .filter(bind -> bind.inside().equals("/etc"))
                .map(Bind::outside)
                .findFirst()
                .orElseThrow();
    }

    /** What a program would find below /etc, without Boxcar's own. */
    private Set<String> shown(String wanted) throws Exception {
        BoxEtc made = BoxEtc.make(etc, directory("disks"), EtcEntries.parse(wanted));
        Path all = etcOf(made.into(stage(StageKind.RUN), 7, new Owner(60007, 60007)));
        try (var files = Files.walk(all)) {
            return files.filter(file -> !Files.isDirectory(file, LinkOption.NOFOLLOW_LINKS))
                    .map(file -> all.relativize(file).toString())
                    .filter(file -> !EtcEntries.OWN.contains(file))
                    .collect(Collectors.toCollection(TreeSet::new));
        }
    }

    @Test
    void filesAndDirectoriesThatAreNamedAreShownAndNothingElse() throws Exception {
        file("etc/fonts/fonts.conf", "x", 0644);
        file("etc/fonts/conf.d/10.conf", "x", 0644);
        file("etc/java-17/security/policy", "x", 0644);
        file("etc/java-21/security/policy", "x", 0644);
        file("etc/other", "x", 0644);

        assertEquals(
                Set.of("fonts/fonts.conf", "fonts/conf.d/10.conf", "java-17/security/policy"),
                shown("fonts,java-1?,nowhere/at/all"));
    }

    @Test
    void whatNotEveryUserMayReadIsNotShown() throws Exception {
        file("etc/java/jmx", "x", 0600);
        file("etc/java/group", "x", 0640);
        Path shut = directory("etc/java/shut");
        file("etc/java/shut/open", "x", 0644);
        Files.setAttribute(shut, "unix:mode", 0700);
        file("etc/java/open", "x", 0644);

        assertEquals(Set.of("java/open"), shown("java"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "ssl/private/snakeoil.key",
                "ssl/certs/server.key",
                "ssl/certs/serverkey.pem",
                "ssl/certs/id_rsa",
                "ssl/certs/store.p12",
                "shadow",
                "gshadow-",
                "machine-id",
                "environment",
                "sudoers.d/admin",
                "krb5.keytab",
                "ssh/sshd_config",
                "boxcar/boxcar.properties",
                "pki/tls/private/host",
                "pki/entitlement/1",
                "netrc",
                "npmrc",
                "security/opasswd"
            })
    void secretsAreNotShownThoughEveryUserMayReadThemAndEverythingIsNamed(String secret)
            throws Exception {
        file("etc/" + secret, "secret", 0644);
        file("etc/ssl/certs/good.pem", "x", 0644);

        assertEquals(Set.of("ssl/certs/good.pem"), shown("*"));
        assertEquals(Set.of("ssl/certs/good.pem"), shown("*/*,*/*/*,*/*/*/*"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"PRIVATE", "RSA PRIVATE", "EC PRIVATE", "ENCRYPTED PRIVATE"})
    void aPrivateKeyIsNotShownUnderWhateverName(String kind) throws Exception {
        file("etc/ssl/certs/both.pem", "cert\n-----BEGIN " + kind + " KEY-----\n", 0644);
        file("etc/ssl/certs/good.pem", "-----BEGIN PUBLIC KEY-----", 0644);

        assertEquals(Set.of("ssl/certs/good.pem"), shown("ssl/certs"));
    }

    @Test
    void aLinkToWhatIsSecretIsNotFollowed() throws Exception {
        file("root/.ssh/config", "x", 0644);
        Files.setAttribute(home.resolve("root"), "unix:mode", 0700);
        file("run/secrets/token", "x", 0444);
        file("etc/shadow", "x", 0640);
        file("etc/machine-id", "x", 0444);
        file("etc/ssl/private/a.pem", "x", 0644);
        String at = home.toString();
        link("etc/ssl/certs/shadow", "../../shadow");
        link("etc/ssl/certs/id", "../../machine-id");
        link("etc/ssl/certs/config", at + "/root/.ssh/config");
        link("etc/ssl/certs/token", at + "/run/secrets/token");
        link("etc/ssl/certs/a.pem", "../private/a.pem");
        link("etc/ssl/certs/folder", "../private");
        link("etc/ssl/certs/up", "../..");
        link("etc/ssl/certs/host", at);
        link("etc/ssl/certs/chain", "shadow");
        link("etc/ssl/certs/lost", "nowhere");
        file("etc/ssl/certs/good.pem", "x", 0644);

        Set<String> found = shown("ssl/certs");
        // Links to what is not there.
        found.removeAll(Set.of("ssl/certs/chain", "ssl/certs/lost"));
        assertEquals(Set.of("ssl/certs/good.pem"), found);
    }

    @Test
    void linksStayLinksWhereTheirTargetIsInEveryBoxAndAreFollowedElsewhere() throws Exception {
        file("var/lib/ca/bundle.pem", "bundle", 0644);
        link("etc/alternatives/sh", "/usr/bin/perl");
        link("etc/localtime", "../usr/share/zoneinfo");
        link("etc/ssl/certs/one.pem", home + "/var/lib/ca/bundle.pem");
        link("etc/ssl/certs/abcd.0", "one.pem");
        link("etc/pki/ca", home + "/var/lib/ca");

        var listed = EtcListing.of(etc, EtcEntries.parse("alternatives,ssl/certs,pki/ca"));

        assertEquals(new Link("/usr/bin/perl"), listed.get("alternatives/sh"));
        assertEquals(new Link("/etc/ssl/certs/one.pem"), listed.get("ssl/certs/abcd.0"));
        assertEquals(
                Set.of(
                        "alternatives/sh",
                        "ssl/certs/one.pem",
                        "ssl/certs/abcd.0",
                        "pki/ca/bundle.pem"),
                shown("alternatives,ssl/certs,pki/ca"));
    }

    @Test
    void linksThatGoRoundInACircleEnd() throws Exception {
        file("outside/a/file", "x", 0644);
        link("outside/a/again", home + "/outside/a");
        link("etc/fonts/a", home + "/outside/a");
        link("etc/fonts/self", "self");

        assertTrue(shown("fonts").contains("fonts/a/file"));
    }

    @Test
    void anInstallationFindsWhatTheHostHasByNow() throws Exception {
        file("etc/alternatives/old", "x", 0644);
        file("etc/java/kept", "one", 0644);
        BoxEtc made =
                BoxEtc.make(etc, directory("disks"), EtcEntries.parse("alternatives,java,fonts"));
        Path all = etcOf(made.into(stage(StageKind.RUN), 7, new Owner(60007, 60007)));

        Files.delete(home.resolve("etc/alternatives/old"));
        file("etc/java/kept", "two and more", 0644);
        file("etc/fonts/new", "x", 0644);
        made.into(stage(StageKind.INSTALL), 8, new Owner(60008, 60008));

        assertFalse(Files.exists(all.resolve("alternatives/old")));
        assertEquals("two and more", Files.readString(all.resolve("java/kept")));
        assertTrue(Files.exists(all.resolve("fonts/new")));
        made.close();
        assertFalse(Files.exists(all));
    }

    @Test
    void whatCouldNotBeMadeIsMadeByALaterStage() throws Exception {
        file("etc/java/kept", "x", 0644);
        Path inTheWay = file("disks", "no directory", 0644);
        BoxEtc made = BoxEtc.make(etc, inTheWay, EtcEntries.parse("java"));
        Owner owner = new Owner(60007, 60007);
        Fault fault = assertThrows(Fault.class, () -> made.into(stage(StageKind.RUN), 7, owner));
        Path folder = inTheWay.resolve("etc");
        assertEquals(
                "cannot make "
                        + folder
                        + ": java.nio.file.FileSystemException: "
                        + folder
                        + ": Not a directory",
                fault.getMessage());

        Files.delete(inTheWay);
        directory("disks");

        Path all = etcOf(made.into(stage(StageKind.RUN), 7, owner));
        assertTrue(Files.exists(all.resolve("java/kept")));
    }

    /** One file of an operator's list must not fill the heap of a worker. */
    @Test
    void aFileThatIsLargerThanAllMayBeIsLeftOut() throws Exception {
        try (var large = new RandomAccessFile(file("etc/fonts/large", "", 0644).toFile(), "rw")) {
            large.setLength((32L << 20) + 1);
        }
        file("etc/fonts/small", "x", 0644);

        assertEquals(Set.of("fonts/small"), shown("fonts"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "/etc/fonts | '/etc/fonts' is no path below /etc of letters, digits, '.', '_', '+', '-', '*', '?'",
                "fonts/../shadow | 'fonts/../shadow' is no path below /etc of letters, digits, '.', '_', '+', '-', '*', '?'",
                "fonts,shadow | 'shadow' may hold secrets",
                "ssl/private | 'ssl/private' may hold secrets",
                "ssh/ssh_host_rsa_key | 'ssh/ssh_host_rsa_key' may hold secrets",
                "passwd | 'passwd' is written by Boxcar itself"
            })
    void anOperatorCannotNameASecretOrAPathOutside(String wanted, String message) {
        var e = assertThrows(IllegalArgumentException.class, () -> EtcEntries.parse(wanted));

        assertEquals(message, e.getMessage());
    }

    @Test
    void theUsualListSurvivesBeingWrittenDown() {
        assertEquals(EtcEntries.STANDARD, EtcEntries.parse(EtcEntries.STANDARD.text()));
        assertEquals(List.of(), EtcEntries.parse(" ").patterns());
    }
}
