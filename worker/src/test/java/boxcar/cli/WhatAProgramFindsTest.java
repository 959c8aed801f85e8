package boxcar.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.abort;

import boxcar.broker.EmbeddedBroker;
import boxcar.files.Trees;
import boxcar.job.Fault;
import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Holds the table <i>What a program finds</i> of docs/jobs.md against boxes of each engine. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class WhatAProgramFindsTest {
    private static final Pattern ROW = Pattern.compile("\\| ([^|]+) \\| `([^`]*)` \\| `(.*)` \\|");

    private record Row(String what, String value, String command) {}

    @SuppressWarnings("NullAway.Init")
    private Path folder;

    @SuppressWarnings("NullAway.Init")
    private EmbeddedBroker broker;

    @BeforeAll
    void startBroker() throws Exception {
        folder = Files.createTempDirectory("boxcar-test-kafka-");
        broker = EmbeddedBroker.start(folder, 0);
    }

    @AfterAll
    void stopBroker() throws Exception {
        broker.close();
        Trees.delete(folder);
    }

    private static List<Row> rows() throws Exception {
        String page = Files.readString(Path.of("..", "docs", "jobs.md"));
        String section = page.substring(page.indexOf("\n## What a program finds\n") + 4);
        List<Row> rows = new ArrayList<>();
        section.substring(0, section.indexOf("\n## "))
                .lines()
                .forEach(line -> {
                    Matcher row = ROW.matcher(line);
                    if (row.matches()) {
                        rows.add(
                                new Row(
                                        row.group(1),
                                        row.group(2),
                                        row.group(3).replace("\\|", "|")));
                    }
                });
        assertTrue(rows.size() > 15, rows.toString());
        return rows;
    }

    /** What the page says, and a script that tells the same of the box in which it runs. */
    private static String told(List<Row> rows) {
        StringBuilder told = new StringBuilder();
        rows.forEach(row -> told.append("%s: %s%n".formatted(row.what, row.value)));
        return told.toString();
    }

    private static String script(List<Row> rows) {
        StringBuilder script = new StringBuilder();
        rows.forEach(row ->
                script.append("echo \"%s: $( { %s\n} 2>&1 )\"\n".formatted(row.what, row.command)));
        return script.toString();
    }

    @ParameterizedTest
    @CsvSource({"isolate,isolate", "isolate,isolate-1", "runc,runc"})
    void aProgramAndAnInstallationFindWhatThePageSays(String engine, String program)
            throws Exception {
        List<Row> rows = rows();
        Map<String, String> settings =
                Map.of(
                        "BOXCAR_TOPICS_PREFIX",
                        program,
                        "BOXCAR_SANDBOX",
                        engine,
                        "BOXCAR_SANDBOX_" + engine.toUpperCase(java.util.Locale.ROOT),
                        program);
        try (House house = House.open(broker.bootstrapServers(), settings)) {
            String encoded = Base64.getEncoder().encodeToString(script(rows).getBytes(UTF_8));
            JsonNode installed =
                    house.install(
                            House.install(
                                    "sh",
                                    House.hook("echo " + encoded + " | base64 -d | /bin/sh")));
            assertEquals("OK", installed.path("verdict").asText(), installed.toString());
            assertEquals(told(rows), House.text(installed.path("install").path("stdout")));

            JsonNode result = house.execute(House.sh(script(rows)));

            assertEquals(told(rows), House.stdout(result), result.toString());
        } catch (Fault e) {
            abort(program + ": " + e.getMessage());
        }
    }
}
