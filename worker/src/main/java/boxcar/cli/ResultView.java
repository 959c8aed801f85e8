package boxcar.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Locale;

/**
 * A result as a person wants to read it: how it ended first, then each stage, then what it printed.
 */
final class ResultView {
    private final JsonNode result;

    ResultView(JsonNode result) {
        this.result = result;
    }

    void print(PrintStream out) {
        out.println(headline());
        for (String name : new String[] {"install", "compile", "run"}) {
            if (result.path(name).isObject()) {
                stage(out, name, result.path(name));
            }
        }
        for (JsonNode test : result.path("tests")) {
            out.println(
                    "test '" + test.path("id").asText() + "': " + test.path("verdict").asText());
            if (test.path("run").isObject()) {
                stage(out, "  run", test.path("run"));
            }
        }
        for (JsonNode file : result.path("output_files")) {
            out.println(
                    "file "
                            + file.path("path").asText()
                            + ": "
                            + bytes(file.path("content")).length
                            + " bytes");
        }
        result.path("missing_output_files")
                .forEachEntry((path, why) -> out.println("file " + path + ": " + why.asText()));
    }

    String headline() {
        StringBuilder line = new StringBuilder(result.path("outcome").asText());
        if (result.path("verdict").isTextual()) {
            line.append(' ').append(result.path("verdict").asText());
        }
        line.append("  job ").append(result.path("job_id").asText());
        if (result.path("runtime").isTextual()) {
            line.append("  runtime ").append(result.path("runtime").asText());
        }
        if (result.path("runtime_id").isNumber()) {
            line.append(" (").append(result.path("runtime_id").asLong()).append(')');
        }
        if (result.path("rejection").isObject()) {
            line.append("\n  ").append(result.path("rejection").path("message").asText());
        }
        if (result.path("fault").isObject()) {
            JsonNode fault = result.path("fault");
            line.append("\n  ")
                    .append(fault.path("step").asText())
                    .append(": ")
                    .append(fault.path("message").asText());
        }
        return line.toString();
    }

    private static void stage(PrintStream out, String name, JsonNode stage) {
        out.println(name + ": " + stage.path("verdict").asText() + figures(stage));
        printed(out, "stdout", stage);
        printed(out, "stderr", stage);
    }

    private static String figures(JsonNode stage) {
        StringBuilder text = new StringBuilder();
        if (stage.path("exit_code").isNumber()) {
            text.append(", exit ").append(stage.path("exit_code").asInt());
        }
        if (stage.path("exit_signal").isNumber()) {
            text.append(", signal ").append(stage.path("exit_signal").asInt());
        }
        return text
                + ", cpu "
                + seconds(stage.path("cpu_time"))
                + ", wall "
                + seconds(stage.path("wall_time"))
                + ", memory "
                + kilobytes(stage.path("memory"))
                + (stage.path("exit_message").isTextual()
                        ? " (" + stage.path("exit_message").asText() + ")"
                        : "");
    }

    private static void printed(PrintStream out, String stream, JsonNode stage) {
        byte[] bytes = bytes(stage.path(stream));
        if (bytes.length == 0) {
            return;
        }
        out.println(
                "--- " + stream + (stage.path(stream + "_truncated").asBoolean() ? " (cut)" : ""));
        out.write(bytes, 0, bytes.length);
        if (bytes[bytes.length - 1] != '\n') {
            out.println();
        }
    }

    static byte[] bytes(JsonNode value) {
        return value.isTextual()
                ? value.asText().getBytes(StandardCharsets.UTF_8)
                : Base64.getDecoder().decode(value.path("base64").asText(""));
    }

    static String seconds(JsonNode value) {
        return value.isNumber() ? String.format(Locale.ROOT, "%.3f s", value.asDouble()) : "-";
    }

    static String kilobytes(JsonNode value) {
        return value.isNumber()
                ? String.format(Locale.ROOT, "%.1f MB", value.asDouble() / 1024)
                : "-";
    }
}
