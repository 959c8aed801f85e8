package boxcar.cli;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import boxcar.config.Config;
import boxcar.files.Trees;
import boxcar.intake.AclCommands;
import boxcar.intake.Finding;
import boxcar.intake.Finding.Level;
import boxcar.intake.SecuredBroker;
import boxcar.intake.Topics;
import boxcar.reliability.Must;
import boxcar.reliability.Tried;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import org.apache.kafka.common.acl.AclBinding;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.Timeout;

/**
 * TLS, passwords and ACLs together, with the rights that the page for operators lists and no
 * others: a real worker installs and executes with them, and each of them is missed when it is
 * taken away.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
@Timeout(300)
class LeastPrivilegeTest {
    private static final Duration SOON = Duration.ofSeconds(90);

    @SuppressWarnings("NullAway.Init")
    private Path folder;

    @SuppressWarnings("NullAway.Init")
    private SecuredBroker broker;

    @BeforeAll
    void aBrokerThatLetsNobodyIn() throws Exception {
        folder = Files.createTempDirectory("boxcar-test-");
        broker = new SecuredBroker(folder);
        for (String user : List.of("setup", "worker", "client", "keeper")) {
            broker.user(user, user + "'s password");
            broker.grant(AclCommands.of(user));
        }
        await().atMost(SOON).until(() -> Ran.boxcar(as("setup", "topics", "create")).exit() == 0);
    }

    @AfterAll
    void stop() throws Exception {
        broker.close();
        Trees.delete(folder);
    }

    private String[] as(String user, String... command) throws IOException {
        Path file = broker.file(user, settings(user));
        String[] all = java.util.Arrays.copyOf(command, command.length + 2);
        all[command.length] = "-c";
        all[command.length + 1] = file.toString();
        return all;
    }

    private Map<String, String> settings(String user) {
        return broker.settings(user, user + "'s password");
    }

    @Tried("TLS, SASL and ACLs on, with the rights that docs/operations.md lists and no other")
    @Must("an installation and a job are done, and users read what they may")
    @Test
    @Order(1)
    void aWorkerInstallsAndExecutesWithTheListedRightsAndUsersReadWhatTheyMay() throws Exception {
        WorkerProcess worker = worker("first");
        Path install = json("install.json", House.install("sh", "").toString());
        Ran installed = Ran.boxcar(as("keeper", "install", install.toString(), "--wait"));
        assertEquals(0, installed.exit(), () -> installed + Field.log(worker));
        assertTrue(installed.err().contains("· "), "progress is read: " + installed.err());
        assertTrue(Ran.boxcar(as("keeper", "runtimes")).out().contains("sh"));
        Path program = Files.writeString(folder.resolve("main.sh"), "echo by TLS and by right");
        Ran executed =
                Ran.boxcar(
                        as(
                                "client",
                                "execute",
                                "--runtime",
                                "sh",
                                "--file",
                                program.toString(),
                                "--job-id",
                                "ours",
                                "--wait"));
        assertEquals(0, executed.exit(), () -> executed + Field.log(worker));
        assertTrue(executed.out().contains("by TLS and by right"), executed::out);
        assertEquals(0, Ran.boxcar(as("client", "results", "--job", "ours")).exit());
        assertEquals(0, Ran.boxcar(as("keeper", "cancel", "another")).exit());
        worker.terminate();
        assertEquals(0, worker.awaitExit(180), () -> Field.log(worker));
    }

    @Tried("Each right of a worker taken away, one after the other")
    @Must("the check misses it, and tells how to grant it")
    @Test
    @Order(2)
    void theWorkersCheckMissesEachOfItsRights() throws Exception {
        Topics topics =
                new Topics(
                        Setup.intake(
                                Config.read(
                                        Optional.of(broker.file("worker", settings("worker"))),
                                        Map.of())));
        assertEquals(List.of(), bad(topics));
        for (AclBinding acl : AclCommands.of("worker")) {
            broker.revoke(acl);
            String resource = acl.pattern().name();
            await().alias("missed: " + acl)
                    .atMost(SOON)
                    .until(() ->
                            bad(topics).stream()
                                    .anyMatch(finding ->
                                            finding.subject().endsWith(" " + resource)
                                                    && says(finding, acl)));
            broker.grant(List.of(acl));
            await().alias("given back: " + acl).atMost(SOON).until(() -> bad(topics).isEmpty());
        }
    }

    /** The finding tells the right that is missing, as kafka-acls.sh wants it. */
    private static boolean says(Finding finding, AclBinding acl) {
        String operation = acl.entry().operation().name().replace("_", "");
        return String.valueOf(finding.mend())
                .toUpperCase(java.util.Locale.ROOT)
                .contains("--OPERATION " + operation);
    }

    private static List<Finding> bad(Topics topics) throws InterruptedException {
        return topics.check().stream().filter(finding -> finding.level() == Level.BAD).toList();
    }

    @Test
    @Order(3)
    void eachRightOfAUserIsMissedByOneOfItsCommands() throws Exception {
        Path install = json("again.json", House.install("sh", "").toString());
        Map<String, List<String[]>> commands =
                Map.of(
                        "client",
                        List.of(
                                as("client", "execute", "--runtime", "sh", "--file", "pom.xml"),
                                as("client", "results")),
                        "keeper",
                        List.of(
                                as("keeper", "install", install.toString()),
                                as("keeper", "execute", "--runtime", "sh", "--file", "pom.xml"),
                                as("keeper", "cancel", "nobody"),
                                as("keeper", "results"),
                                as("keeper", "runtimes")),
                        "setup",
                        List.<String[]>of(as("setup", "topics", "create")));
        for (String user : new TreeSet<>(commands.keySet())) {
            for (AclBinding acl : AclCommands.of(user)) {
                // Lines of progress are a courtesy: the command does without (see the first test).
                if (!acl.pattern().name().equals("boxcar.progress") || user.equals("setup")) {
                    misses(commands.getOrDefault(user, List.of()), acl);
                }
            }
        }
    }

    private void misses(List<String[]> commands, AclBinding acl) throws Exception {
        broker.revoke(acl);
        await().alias("missed: " + acl)
                .atMost(SOON)
                .until(() -> {
                    for (String[] command : commands) {
                        Ran ran = Ran.boxcar(command);
                        if (ran.exit() != 0) {
                            assertEquals(Exit.UNAVAILABLE, ran.exit(), ran::toString);
                            assertEquals(1, ran.err().lines().count(), ran::toString);
                            assertTrue(
                                    ran.err().contains(acl.pattern().name())
                                            && ran.err().contains("docs/operations.md, Access"),
                                    ran::toString);
                            return true;
                        }
                    }
                    return false;
                });
        broker.grant(List.of(acl));
    }

    @Tried("The right to read the catalogue taken from a worker that runs")
    @Must("the worker stops with one line")
    @Test
    @Order(4)
    void aWorkerThatLosesTheRightToFollowTheCatalogueStopsWithOneLine() throws Exception {
        stopsWithout(
                acl("boxcar.runtimes", "READ"), "We cannot write to|Cannot read boxcar.runtimes: ");
    }

    @Tried("The right to take jobs taken from a worker that runs")
    @Must("the worker stops with one line")
    @Test
    @Tag("long")
    @Order(5)
    void aWorkerThatLosesTheRightToTakeJobsStopsWithOneLine() throws Exception {
        stopsWithout(acl("boxcar-execute", "READ"), "Cannot take jobs from boxcar.execute: ");
    }

    @Tried("The right to read cancels taken from a worker that runs")
    @Must("the worker stops with one line")
    @Test
    @Tag("long")
    @Order(6)
    void aWorkerThatLosesTheRightToHearOfCancelsStopsWithOneLine() throws Exception {
        stopsWithout(acl("boxcar.control", "READ"), "Cannot read boxcar.control: ");
    }

    private void stopsWithout(AclBinding acl, String told) throws Exception {
        WorkerProcess worker = worker("stops-without-" + acl.pattern().name());
        broker.revoke(acl);
        try {
            assertEquals(
                    Integer.valueOf(Exit.UNAVAILABLE),
                    worker.awaitExit(180),
                    () -> Field.log(worker));
            List<String> errors =
                    Field.log(worker).lines().filter(line -> line.contains(" ERROR ")).toList();
            assertEquals(1, errors.size(), () -> Field.log(worker));
            assertTrue(
                    errors.getFirst().matches(".*(" + told + ").*docs/operations.md, Access.*"),
                    errors::toString);
            assertEquals(0, Field.count(worker, "\tat "), () -> Field.log(worker));
        } finally {
            broker.grant(List.of(acl));
            worker.kill();
        }
    }

    private static AclBinding acl(String resource, String operation) throws IOException {
        return AclCommands.of("worker").stream()
                .filter(acl ->
                        acl.pattern().name().equals(resource)
                                && acl.entry().operation().name().equals(operation))
                .findFirst()
                .orElseThrow();
    }

    /** A worker that takes jobs. */
    private WorkerProcess worker(String name) throws Exception {
        Map<String, String> environment = new HashMap<>(System.getenv());
        environment.put("BOXCAR_CONFIG", broker.file("worker", settings("worker")).toString());
        environment.put("BOXCAR_STATE", folder.resolve(name).toString());
        environment.put("BOXCAR_METRICS_PORT", "0");
        environment.put("BOXCAR_BOXES", "2");
        WorkerProcess worker =
                WorkerProcess.start(name, folder.resolve(name + ".log"), environment);
        await().atMost(Duration.ofSeconds(90))
                .until(() -> !worker.isAlive() || Field.ready(worker) == 200);
        assertTrue(worker.isAlive(), () -> Field.log(worker));
        return worker;
    }

    private Path json(String name, String text) throws IOException {
        return Files.writeString(folder.resolve(name), text);
    }
}
