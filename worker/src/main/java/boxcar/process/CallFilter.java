package boxcar.process;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import boxcar.libc.CLibrary;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * A seccomp filter (seccomp(2)): which system calls a thread, and every process that it starts from
 * then on, may make. All of them are allowed but the ones that are named here, those with a number
 * above the last one that is known, and those of another architecture than the host's.
 *
 * <p>It is installed without {@code no_new_privs}, so that a set-user-ID program which the thread
 * starts still gets its privileges. This needs CAP_SYS_ADMIN. A filter is never removed again: only
 * threads that serve no other purpose should install one.
 *
 * @param refused numbers of system calls, and the errno that each of them gets
 * @param last the highest number that is allowed; higher ones get ENOSYS
 * @param families the address families of socket(2) and socketpair(2); others get EAFNOSUPPORT
 * @param refusedIoctls requests of ioctl(2) that get ENOTTY
 */
public record CallFilter(
        SortedMap<Integer, Integer> refused,
        int last,
        Set<Integer> families,
        Set<Integer> refusedIoctls) {
    private static final int ENOTTY = 25;
    private static final int ENOSYS = 38;
    private static final int EPROTONOSUPPORT = 93;
    private static final int EAFNOSUPPORT = 97;

    private static final int SOCKET = number(41, 198);
    private static final int SOCKETPAIR = number(53, 199);
    private static final int IOCTL = number(16, 29);

    /** Of AF_NETLINK only NETLINK_ROUTE, the interfaces of the own network namespace. */
    private static final int NETLINK = 16;

    private static final int ROUTE = 0;

    /** AUDIT_ARCH_AARCH64 and AUDIT_ARCH_X86_64 (linux/audit.h). */
    private static final int ARCHITECTURE = CLibrary.AARCH64 ? 0xC00000B7 : 0xC000003E;

    /** Places in struct seccomp_data; of arguments the lower half, which is all that an int has. */
    private static final int NUMBER_AT = 0;

    private static final int ARCHITECTURE_AT = 4;
    private static final int ARGUMENTS_AT = 16;

    /** Operations of classic BPF (linux/bpf_common.h). */
    private static final int LOAD = 0x20;

    private static final int JUMP_IF_EQUAL = 0x15;
    private static final int JUMP_IF_GREATER = 0x25;
    private static final int RETURN = 0x06;

    private static final int ALLOW = 0x7fff0000;
    private static final int REFUSE = 0x00050000;
    private static final int INSTRUCTION = 8;

    public CallFilter {
        refused = Collections.unmodifiableSortedMap(new TreeMap<>(refused));
        families = Set.copyOf(families);
        refusedIoctls = Set.copyOf(refusedIoctls);
    }

    /** Of a system call that has not the same number on both. */
    public static int number(int x86, int aarch64) {
        return CLibrary.AARCH64 ? aarch64 : x86;
    }

    /**
     * Installs it in the calling thread, which gets a session keyring of its own before (keyctl may
     * be refused afterwards).
     *
     * @throws IOException if the kernel refuses it
     */
    public void install() throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            Libc.leaveKeyring(arena);
            Libc.installFilter(arena, assemble(arena));
        }
    }

    private MemorySegment assemble(Arena arena) {
        var program = new ArrayList<Instruction>();
        program.add(new Instruction(LOAD, 0, 0, ARCHITECTURE_AT));
        program.addAll(unlessEqual(ARCHITECTURE, ENOSYS));
        program.add(new Instruction(LOAD, 0, 0, NUMBER_AT));
        program.add(new Instruction(JUMP_IF_GREATER, 0, 1, last));
        program.add(refuse(ENOSYS));
        for (Map.Entry<Integer, Integer> call : refused.entrySet()) {
            program.addAll(ifEqual(call.getKey(), refuse(call.getValue())));
        }
        List<Instruction> sockets = sockets();
        program.add(new Instruction(JUMP_IF_EQUAL, 1, 0, SOCKET));
        program.add(new Instruction(JUMP_IF_EQUAL, 0, sockets.size(), SOCKETPAIR));
        program.addAll(sockets);
        List<Instruction> ioctls = ioctls();
        program.add(new Instruction(JUMP_IF_EQUAL, 0, ioctls.size(), IOCTL));
        program.addAll(ioctls);
        program.add(allow());

        MemorySegment code = arena.allocate((long) INSTRUCTION * program.size(), INSTRUCTION);
        for (int i = 0; i < program.size(); i++) {
            program.get(i).write(code.asSlice((long) INSTRUCTION * i, INSTRUCTION));
        }
        return code;
    }

    /** Ends in all cases. */
    private List<Instruction> sockets() {
        var part = new ArrayList<Instruction>();
        part.add(new Instruction(LOAD, 0, 0, argument(0)));
        for (int family : families) {
            if (family != NETLINK) {
                part.addAll(ifEqual(family, allow()));
            }
        }
        if (families.contains(NETLINK)) {
            part.add(new Instruction(JUMP_IF_EQUAL, 0, 4, NETLINK));
            part.add(new Instruction(LOAD, 0, 0, argument(2)));
            part.addAll(ifEqual(ROUTE, allow()));
            part.add(refuse(EPROTONOSUPPORT));
        }
        part.add(refuse(EAFNOSUPPORT));
        return part;
    }

    /** Ends in all cases. */
    private List<Instruction> ioctls() {
        var part = new ArrayList<Instruction>();
        part.add(new Instruction(LOAD, 0, 0, argument(1)));
        for (int request : refusedIoctls) {
            part.addAll(ifEqual(request, refuse(ENOTTY)));
        }
        part.add(allow());
        return part;
    }

    private static int argument(int index) {
        return ARGUMENTS_AT + Long.BYTES * index;
    }

    private static List<Instruction> ifEqual(int value, Instruction then) {
        return List.of(new Instruction(JUMP_IF_EQUAL, 0, 1, value), then);
    }

    private static List<Instruction> unlessEqual(int value, int errno) {
        return List.of(new Instruction(JUMP_IF_EQUAL, 1, 0, value), refuse(errno));
    }

    private static Instruction allow() {
        return new Instruction(RETURN, 0, 0, ALLOW);
    }

    private static Instruction refuse(int errno) {
        return new Instruction(RETURN, 0, 0, REFUSE | errno);
    }

    /** A struct sock_filter (linux/filter.h). */
    private record Instruction(int code, int ifTrue, int ifFalse, int value) {
        void write(MemorySegment place) {
            place.set(JAVA_SHORT, 0, (short) code);
            place.set(JAVA_BYTE, 2, (byte) ifTrue);
            place.set(JAVA_BYTE, 3, (byte) ifFalse);
            place.set(JAVA_INT, 4, value);
        }
    }
}
