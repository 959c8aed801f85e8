package boxcar.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;

class HelpTest {
    private static final int WIDTH = 78;

    @Test
    void eachCommandBeginsWithAWholeShortSentenceForTheListOfCommands() {
        check(Main.commandLine());
    }

    private static void check(CommandLine command) {
        for (CommandLine sub : command.getSubcommands().values()) {
            CommandSpec spec = sub.getCommandSpec();
            String first = List.of(spec.usageMessage().description()).getFirst();
            boolean ours = !(sub.getCommand() instanceof CommandLine.HelpCommand);
            if (ours && !spec.usageMessage().hidden()) {
                assertTrue(
                        first.endsWith(".") && first.length() <= WIDTH,
                        () -> spec.qualifiedName() + ": " + first);
            }
            check(sub);
        }
    }

    @Test
    void aJobThatIsRefusedHereIsToldNotToHaveBeenSent() {
        Ran ran = Ran.boxcar("execute", "--runtime", "", "-b", "127.0.0.1:1");
        assertEquals(Exit.REJECTED, ran.exit(), ran::toString);
        assertEquals("boxcar: the job was not sent\n", ran.err());
        assertTrue(ran.out().startsWith("REJECTED  job "), ran::toString);
    }
}
