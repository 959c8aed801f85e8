package boxcar.sandbox;

import boxcar.job.Fault;
import boxcar.process.OpenFile;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;

/**
 * The call of a runc box's first process, {@code init.c}. In boxes of isolate the same program only
 * joins control groups.
 *
 * @param user uid and gid of the program
 * @param files how many it may have open
 * @param groups how many control groups the program joins
 * @param environment its variables, {@code NAME=value}
 * @param command the program and its arguments
 */
public record FirstProcess(
        int user, int files, int groups, List<String> environment, List<String> command) {
    private static final String JOINING = "/proc/self/fd/3";

    private static final String ITSELF = "/proc/self/fd/5";
    private static final String NAME = "boxcar-init";
    private static final int HEAD = 5;

    /** Where an ELF file tells its processor, and the numbers of two (elf.h). */
    private static final int MACHINE_AT = 18;

    private static final int X86_64 = 62;
    private static final int AARCH64 = 183;

    public FirstProcess {
        environment = List.copyOf(environment);
        command = List.copyOf(command);
    }

    /**
     * The program itself, which a box is handed as an open file.
     *
     * @throws Fault if it is not in the jar, is another processor's, or there is no memory for it
     */
    static OpenFile program() throws Fault {
        try (InputStream image = FirstProcess.class.getResourceAsStream("init")) {
            if (image == null) {
                throw Faults.sandbox("the first process of boxes is not in the program's jar");
            }
            byte[] program = image.readAllBytes();
            if (program[MACHINE_AT] != (byte) machine()) {
                throw Faults.sandbox(
                        "the first process of boxes was built for another processor than this");
            }
            return OpenFile.program(NAME, program);
        } catch (IOException e) {
            throw Faults.sandbox("no file in memory for the first process of boxes", e);
        }
    }

    private static int machine() {
        return "aarch64".equals(System.getProperty("os.arch")) ? AARCH64 : X86_64;
    }

    /**
     * What a box of isolate starts in place of its program, which follows: a process that joins
     * control groups and then becomes the program.
     *
     * @param groups how many, handed over as open files after the program itself
     */
    static List<String> joining(int groups) {
        return List.of(JOINING, "-", Integer.toString(groups));
    }

    /** isolate's arguments as they would be if it started the program itself, in no group. */
    public static List<String> withoutJoining(List<String> arguments) {
        var all = new ArrayList<>(arguments);
        all.remove("--inherit-fds");
        int at = all.indexOf(JOINING);
        if (at >= 0) {
            all.subList(at, at + joining(0).size()).clear();
        }
        return all;
    }

    /** As a container's process is given them. */
    public List<String> arguments() {
        var all = new ArrayList<String>();
        all.add(ITSELF);
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
        if (arguments.size() <= HEAD || !arguments.getFirst().equals(ITSELF)) {
            throw new IllegalArgumentException("no call of the first process: " + arguments);
        }
        int end = HEAD + Integer.parseInt(arguments.get(HEAD - 1));
        return new FirstProcess(
                Integer.parseInt(arguments.get(1)),
                Integer.parseInt(arguments.get(2)),
                Integer.parseInt(arguments.get(3)),
                arguments.subList(HEAD, end),
                arguments.subList(end, arguments.size()));
    }
}
