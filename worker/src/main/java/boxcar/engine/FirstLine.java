package boxcar.engine;

import java.util.List;
import java.util.Optional;

/**
 * The first line of a script, as the kernel reads it: {@code #!}, the path of an interpreter, and
 * all that follows as one argument (execve(2), "Interpreter scripts"). A script without such a line
 * is given to {@code /bin/sh}.
 *
 * @param interpreter by its path
 * @param argument empty if there is none
 */
record FirstLine(String interpreter, String argument) {
    private static final String STANDARD = "/bin/sh";
    private static final String MARK = "#!";
    private static final String BYTE_ORDER_MARK = "\uFEFF";

    /** What the kernel reads of a file to find its interpreter, with the end of the line. */
    private static final int LONGEST = 255;

    static FirstLine of(String script) {
        if (!script.startsWith(MARK)) {
            return new FirstLine(STANDARD, "");
        }
        String line = text(script).substring(MARK.length()).strip();
        int end = endOfWord(line);
        return new FirstLine(line.substring(0, end), line.substring(end).strip());
    }

    /** The line itself, without its end; a carriage return is shown. */
    static String shown(String script) {
        return text(script).replace("\r", "\\r").replace(BYTE_ORDER_MARK, "\\uFEFF");
    }

    private static String text(String script) {
        int end = script.indexOf('\n');
        return end < 0 ? script : script.substring(0, end);
    }

    /** The kernel takes a space or a tab for the end of a word, and nothing else. */
    private static int endOfWord(String line) {
        for (int i = 0; i < line.length(); i++) {
            if (line.charAt(i) == ' ' || line.charAt(i) == '\t') {
                return i;
            }
        }
        return line.length();
    }

    /** Why no host can execute the script, whatever is installed there; empty if one might. */
    static Optional<String> trouble(String script) {
        if (script.startsWith(BYTE_ORDER_MARK)) {
            return Optional.of("must not begin with a byte order mark: save it as UTF-8 without");
        }
        if (!script.startsWith(MARK)) {
            return Optional.empty();
        }
        if (text(script).indexOf('\r') >= 0) {
            return Optional.of(
                    "must have a first line that ends with LF alone: with CRLF, the kernel takes the carriage"
                            + " return for a part of the interpreter's name or argument");
        }
        FirstLine line = of(script);
        if (line.interpreter.isEmpty()) {
            return Optional.of("must name an interpreter after '#!' in its first line");
        }
        if (!line.interpreter.startsWith("/")) {
            return Optional.of(
                    "must name its interpreter by an absolute path in its first line, as '#!/bin/sh' or"
                            + " '#!/usr/bin/env NAME'");
        }
        if (text(script).indexOf(line.interpreter) + line.interpreter.length() >= LONGEST) {
            return Optional.of(
                    "must name its interpreter in the first %d bytes of its first line"
                            .formatted(LONGEST));
        }
        return line.isEnv() ? line.troubleWithEnv() : Optional.empty();
    }

    private boolean isEnv() {
        return interpreter.endsWith("/env");
    }

    private Optional<String> troubleWithEnv() {
        if (argument.isEmpty()) {
            return Optional.of("must name a program after '" + interpreter + "' in its first line");
        }
        boolean split = argument.startsWith("-S") || argument.startsWith("--split-string");
        return !split && !argument.startsWith("-") && endOfWord(argument) < argument.length()
                ? Optional.of(
                        "must have '%s -S %s' in its first line: without -S, all that follows is taken for the name of one program"
                                .formatted(interpreter, argument))
                : Optional.empty();
    }

    /** What {@code env} is to find in PATH; empty if that is not known or it is not used. */
    String searched() {
        if (!isEnv()) {
            return "";
        }
        String rest = argument.replaceFirst("^(-S|--split-string=?)\\s*", "");
        List<String> words = List.of(rest.split("[ \t]+", -1));
        boolean plain = words.stream().noneMatch(word -> word.matches(".*[\\\\'\"$].*"));
        return words.stream()
                .filter(word -> plain && !word.startsWith("-") && !word.contains("="))
                .findFirst()
                .filter(_ -> !rest.startsWith("-"))
                .orElse("");
    }

    /** Whether every box has it. */
    boolean isStandard() {
        return interpreter.equals(STANDARD);
    }
}
