package boxcar.reliability;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * Writes what the last runs told into docs/reliability.md. It is no test of the suite, for it
 * changes the page: {@code ./boxcar test --report} runs it after the tests.
 */
class ReliabilityReport {
    static final Path PAGE = Path.of("..", "docs", "reliability.md");
    private static final ObjectMapper JSON = new ObjectMapper();

    @Test
    void thePageTellsWhatTheLastRunsCameTo() throws Exception {
        Page page = new Page(Files.readString(PAGE)).with(Row.all(), runs());
        Files.writeString(PAGE, page.text());
    }

    private static List<Run> runs() throws IOException {
        List<Run> runs = new ArrayList<>();
        try (var files = Files.newDirectoryStream(Recorder.FOLDER, "*.jsonl")) {
            for (Path file : files) {
                for (String line : Files.readAllLines(file)) {
                    runs.add(JSON.readValue(line, Run.class));
                }
            }
        }
        return runs;
    }
}
