package boxcar.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.w3c.dom.Document;

class BenchFilesTest {
    @TempDir Path folder;

    private static ObjectNode echo(String engine, int boxes, double ratio) {
        return BenchStand.object()
                .put("engine", engine)
                .put("program", "echo")
                .put("boxes", boxes)
                .put("cores", 2)
                .put("jobs_per_second", 100 * ratio)
                .put("bare_loop_per_second", 100)
                .put("ratio", ratio);
    }

    @Test
    void thePageGetsItsFiguresBetweenTheMarksAndKeepsTheRest() throws Exception {
        Path page = folder.resolve("README.md");
        Files.writeString(
                page, "before\n" + BenchFiles.BEGIN + "\nold\n" + BenchFiles.END + "\nafter\n");
        BenchFiles files = new BenchFiles(folder);
        files.write(BenchKind.THROUGHPUT, List.of(echo("isolate", 2, 1.25)));
        files.write(BenchStand.object().put("boxcar", "1"));
        String once = Files.readString(page);
        assertTrue(once.startsWith("before\n" + BenchFiles.BEGIN + "\n"), once);
        assertTrue(once.endsWith(BenchFiles.END + "\nafter\n"), once);
        assertTrue(once.contains("| isolate | echo | 2 | 125.0 | 100 | 1.25 |"), once);
        assertTrue(!once.contains("old"), once);
        files.write(BenchStand.object().put("boxcar", "1"));
        assertEquals(once, Files.readString(page));
    }

    @Test
    void aBarIsMetMissedOrNotMeasured() throws Exception {
        BenchFiles files = new BenchFiles(folder);
        files.write(
                BenchKind.THROUGHPUT,
                List.of(echo("isolate", 1, 0.5), echo("isolate", 2, 1.25), echo("runc", 2, 0.94)));
        files.write(BenchStand.object());
        List<String> bars =
                Files.readAllLines(folder.resolve("README.md")).stream()
                        .filter(line -> line.contains("at least") || line.contains("at most"))
                        .toList();
        // The figure counts at as many boxes as there are cores.
        assertTrue(bars.get(0).endsWith("| 1.25 | yes |"), bars::toString);
        assertTrue(bars.get(1).endsWith("| 0.94 | **no** |"), bars::toString);
        assertTrue(bars.get(2).endsWith("|  | not measured |"), bars::toString);
    }

    @Test
    void aBacklogMeetsItsBarWithinFivePercentEitherWay() throws Exception {
        for (double ratio : new double[] {0.94, 0.95, 1.05, 1.06}) {
            BenchFiles files = new BenchFiles(folder);
            files.write(
                    BenchKind.SCALE,
                    List.of(
                            BenchStand.object()
                                    .put("dimension", "backlog")
                                    .put("value", 100_000)
                                    .put("ratio", ratio)));
            files.write(BenchStand.object());
            String met = ratio == 0.95 || ratio == 1.05 ? "yes" : "**no**";
            String page = Files.readString(folder.resolve("README.md"));
            assertTrue(page.contains("within 5 % | " + ratio + " | " + met + " |"), page);
        }
    }

    @Test
    void aChartIsXmlWhateverTheLabels() throws Exception {
        Chart chart =
                new Chart("a < b & c")
                        .panel(
                                "panel <1>",
                                List.of(
                                        Chart.Bar.of("half", 50, Chart.Ink.OURS),
                                        Chart.Bar.of("whole", 100, Chart.Ink.BESIDE)),
                                new Chart.Mark(75, "≥ 75"));
        Document document =
                DocumentBuilderFactory.newInstance()
                        .newDocumentBuilder()
                        .parse(
                                new ByteArrayInputStream(
                                        chart.svg().getBytes(StandardCharsets.UTF_8)));
        var bars = document.getElementsByTagName("rect");
        // The first is the ground.
        assertEquals(3, bars.getLength());
        assertEquals(
                2 * width(bars.item(1)), width(bars.item(2)), "the longer is twice the shorter");
    }

    private static int width(org.w3c.dom.Node bar) {
        return Integer.parseInt(bar.getAttributes().getNamedItem("width").getNodeValue());
    }
}
