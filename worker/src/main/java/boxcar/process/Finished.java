package boxcar.process;

import java.nio.charset.StandardCharsets;

/**
 * A tool that ended.
 *
 * @param exit its status; 128 + n if signal n killed it, which a program can also say of itself
 */
public record Finished(Command command, int exit, byte[] stdout, byte[] stderr) {
    private static final int SHOWN = 400;

    public boolean well() {
        return exit == 0;
    }

    public String out() {
        return new String(stdout, StandardCharsets.UTF_8).strip();
    }

    /** Command, exit status and the end of what it said: the evidence of a fault. */
    public String evidence() {
        String said = new String(stderr, StandardCharsets.UTF_8).strip();
        String tail = said.length() > SHOWN ? "…" + said.substring(said.length() - SHOWN) : said;
        return "'%s' exited %d: %s".formatted(command.line(), exit, tail.isEmpty() ? "-" : tail);
    }
}
