package boxcar.engine;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * What runs a script of a runtime, and which variables come through it. dash and other small shells
 * drop variables whose names are no names of a shell, as {@code server.port}. bash passes them on
 * (bash(1), ENVIRONMENT), so it runs the script in place of such a shell where there is such a
 * variable.
 */
final class ScriptShell {
    private static final Pattern NAME = Pattern.compile("[A-Za-z_][A-Za-z0-9_]*");

    /** Tried with dash 0.5.12, busybox 1.35, mksh 59c; bash, zsh and ksh93 pass all on. */
    private static final Set<String> DROPPING = Set.of("dash", "ash", "busybox", "mksh");

    private static final List<Path> BASH = List.of(Path.of("/bin/bash"), Path.of("/usr/bin/bash"));
    private static final int LONGEST_LINE = 256;

    private ScriptShell() {}

    /** Those that a small shell drops. */
    static List<String> odd(Collection<String> names) {
        return names.stream().filter(name -> !NAME.matcher(name).matches()).sorted().toList();
    }

    /** Whether what runs the script drops variables with odd names. */
    static boolean drops(Path script) throws IOException {
        List<String> words = interpreter(script);
        if (words.isEmpty()) {
            return false;
        }
        Path program = Path.of(words.getFirst());
        String name = String.valueOf(program.getFileName());
        if (Files.exists(program)) {
            name = String.valueOf(program.toRealPath().getFileName());
        }
        return name.equals("sh") || DROPPING.contains(name);
    }

    /**
     * How bash runs the script as the shell would that it is written for: with an {@code echo} that
     * knows escapes, as dash's does.
     *
     * @param inside where the script is in a box
     * @return empty if this host has no bash
     */
    static List<String> withBash(Path script, String inside) throws IOException {
        for (Path bash : BASH) {
            if (Files.isExecutable(bash)) {
                List<String> words = interpreter(script);
                List<String> command = new ArrayList<>();
                command.addAll(List.of(bash.toString(), "-O", "xpg_echo"));
                words.stream().skip(1).filter(word -> !word.equals("sh")).forEach(command::add);
                command.add(inside);
                return command;
            }
        }
        return List.of();
    }

    /**
     * The program of the script's first line and what it is given, as the kernel reads them
     * (execve(2)); {@code env} is looked through.
     */
    private static List<String> interpreter(Path script) throws IOException {
        String text;
        try (InputStream in = Files.newInputStream(script)) {
            text = new String(in.readNBytes(LONGEST_LINE), StandardCharsets.UTF_8);
        }
        if (!text.startsWith("#!")) {
            return List.of();
        }
        String line = text.substring(2).lines().findFirst().orElse("").strip();
        String[] words = line.split("[ \t]+", 2);
        if (!words[0].endsWith("/env") || words.length < 2) {
            return List.of(words);
        }
        List<String> named = new ArrayList<>(List.of(words[1].split("[ \t]+", -1)));
        named.removeIf(word -> word.equals("-S") || word.contains("="));
        if (named.isEmpty()) {
            return List.of(words);
        }
        String name = named.getFirst();
        named.set(0, name.startsWith("/") ? name : "/usr/bin/" + name);
        return named;
    }
}
