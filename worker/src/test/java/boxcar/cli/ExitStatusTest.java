package boxcar.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import boxcar.broker.EmbeddedBroker;
import boxcar.files.Trees;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;

/** Scripts go by the exit status: see {@link Exit}. */
class ExitStatusTest {
    @TempDir
    @SuppressWarnings("NullAway.Init")
    private Path folder;

    /** Runs a command line; {@code FOLDER} in it is a folder of the test's own. */
    private int run(String line, String... more) {
        List<String> args = new ArrayList<>();
        for (String arg : line.strip().split(" +", -1)) {
            if (!arg.isEmpty()) {
                args.add(arg.replace("FOLDER", folder.toString()));
            }
        }
        args.addAll(List.of(more));
        StringWriter err = new StringWriter();
        CommandLine commands = Main.commandLine().setErr(new PrintWriter(err, true));
        int status = commands.execute(args.toArray(String[]::new));
        System.out.println("exit " + status + ": boxcar " + line + " " + err.toString().strip());
        return status;
    }

    private void file(String name, String text) throws Exception {
        Files.writeString(folder.resolve(name), text.replace('\'', '"'));
    }

    @ParameterizedTest(name = "{0}: boxcar {1}")
    @CsvSource({
        "0, --help",
        "0, --version",
        "0, help execute",
        "0, execute --help",
        "0, bench soak --help",
        "0, config",
        "2, ''",
        "2, nonsense",
        "2, --nonsense",
        "2, bench",
        "2, topics",
        "2, execute",
        "2, execute --runtime",
        "2, execute FOLDER/good.json --runtime perl",
        "2, execute FOLDER/none.json",
        "2, execute FOLDER/broken.json",
        "2, execute --runtime perl --file FOLDER/none",
        "2, execute FOLDER/good.json --timeout soon",
        "2, install FOLDER/none.json",
        "2, cancel",
        "2, remove",
        "2, bench chaos --jobs 0",
        "2, bench chaos --workers 0",
        "2, bench soak --minutes 0",
        "2, bench soak --minutes 1 --sample-every 30",
        "2, bench soak --sample-every 0",
        "65, execute FOLDER/rejected.json",
        "65, execute --runtime perl --file FOLDER/good.json --memory -1",
        "65, install FOLDER/rejected.json",
        "78, worker --config FOLDER/none.properties",
        "78, worker --config FOLDER/wrong.properties",
        "78, doctor --config FOLDER/wrong.properties",
        "78, execute FOLDER/good.json --config FOLDER/wrong.properties",
        "78, results --config FOLDER/wrong.properties",
        "78, topics create --config FOLDER/wrong.properties",
    })
    void withoutKafka(int status, String line) throws Exception {
        file("good.json", "{'job_id':'j','runtime':'perl','source_code':'print 1'}");
        file("rejected.json", "{'job_id':'j','runtime':'perl'}");
        file("broken.json", "{'job_id':");
        file("wrong.properties", "boxes=none\n");
        assertEquals(status, run(line));
    }

    @Test
    void withKafkaAndAWorkerTheStatusTellsHowTheJobEnded() throws Exception {
        Path kafka = Files.createTempDirectory("boxcar-test-kafka-");
        try (EmbeddedBroker broker = EmbeddedBroker.start(kafka, 0);
                House _ = House.open(broker.bootstrapServers())) {
            install("sh.json", "");
            file("well.sh", "echo well");
            file("bad.sh", "exit 3");
            file("slow.sh", "sleep 3");
            String[] at = {"--bootstrap-server", broker.bootstrapServers()};
            String execute = "execute --runtime sh --wait --file FOLDER/";
            assertEquals(Exit.WELL, run("topics create", at));
            assertEquals(Exit.WELL, run("install FOLDER/sh.json --wait", at));
            install("again.json", "OTHER = 1;");
            assertEquals(Exit.REJECTED, run("install FOLDER/again.json --wait --json", at));
            assertEquals(Exit.WELL, run(execute + "well.sh --job-id well", at));
            assertEquals(Exit.NOT_WELL, run(execute + "bad.sh", at));
            assertEquals(Exit.NOT_WELL, run(execute + "slow.sh --wall-time 0.5", at));
            assertEquals(Exit.REJECTED, run(execute + "well.sh --memory 999999999", at));
            assertEquals(
                    Exit.REJECTED, run("execute --runtime none --wait --file FOLDER/well.sh", at));
            assertEquals(Exit.TOO_LATE, run(execute + "slow.sh --job-id slow --timeout 0.2", at));
            assertEquals(Exit.WELL, run("cancel slow", at));
            assertEquals(Exit.WELL, run("results", at));
            assertEquals(Exit.WELL, run("results --job well", at));
            assertEquals(Exit.NOT_WELL, run("results --job nobody", at));
            assertEquals(Exit.WELL, run("runtimes", at));
            assertEquals(Exit.WELL, run("remove sh --wait", at));
            assertEquals(Exit.REJECTED, run("remove sh --wait", at));
        } finally {
            Trees.delete(kafka);
        }
    }

    /** Not by {@link #file}: there are quotes of Nix in it. */
    private void install(String name, String attributes) throws Exception {
        Files.writeString(folder.resolve(name), House.install("sh", attributes).toString());
    }
}
