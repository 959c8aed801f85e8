package boxcar.sandbox;

import java.util.ArrayList;
import java.util.List;

/**
 * The call of a runc box's first process, {@code init.pl}.
 *
 * @param user uid and gid of the program
 * @param files how many it may have open
 * @param groups how many control groups it is to join
 * @param environment its variables, {@code NAME=value}
 * @param command the program and its arguments
 */
public record FirstProcess(
        int user, int files, int groups, List<String> environment, List<String> command) {
    private static final List<String> SCRIPT = List.of("/usr/bin/perl", "/.boxcar/init.pl");

    public FirstProcess {
        environment = List.copyOf(environment);
        command = List.copyOf(command);
    }

    /** As a container's process is given them. */
    public List<String> arguments() {
        var all = new ArrayList<>(SCRIPT);
        all.add(System.getProperty("os.arch", ""));
        all.add(Integer.toString(user));
        all.add(Integer.toString(user));
        all.add(Integer.toString(files));
        all.add(Integer.toString(groups));
        all.add(Integer.toString(environment.size()));
        all.addAll(environment);
        all.addAll(command);
        return List.copyOf(all);
    }

    /**
     * Reads what {@link #arguments} wrote.
     *
     * @throws IllegalArgumentException if it is no such call
     */
    public static FirstProcess of(List<String> arguments) {
        int head = SCRIPT.size() + 6;
        if (arguments.size() <= head || !arguments.subList(0, SCRIPT.size()).equals(SCRIPT)) {
            throw new IllegalArgumentException("no call of the first process: " + arguments);
        }
        int files = Integer.parseInt(arguments.get(head - 3));
        int groups = Integer.parseInt(arguments.get(head - 2));
        int end = head + Integer.parseInt(arguments.get(head - 1));
        return new FirstProcess(
                Integer.parseInt(arguments.get(SCRIPT.size() + 1)),
                files,
                groups,
                arguments.subList(head, end),
                arguments.subList(end, arguments.size()));
    }
}
