package boxcar.sandbox;

import boxcar.job.Fault;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The box numbers that this replica holds: for each, an operating-system lock on a file that is
 * never deleted. A dead replica's claims free themselves.
 */
final class Claims implements AutoCloseable {
    /**
     * A fcntl(2) lock is the whole process's, and is lost when any descriptor of the file is closed
     * in the process. So a number that another pool of this process holds must not even be opened;
     * this set is as wide as the locks are, hence static.
     */
    private static final Set<Path> HELD_IN_THIS_PROCESS = ConcurrentHashMap.newKeySet();

    private final List<Claim> claims = new ArrayList<>();
    private int highest = -1;

    private Claims() {}

    private record Claim(int number, Path file, FileChannel channel) {}

    /**
     * Takes up to the wanted count of numbers that nobody holds.
     *
     * @throws Fault if there is none
     */
    static Claims take(SandboxSettings settings) throws Fault {
        var taken = new Claims();
        try {
            Path folder = settings.locks();
            for (int n = settings.firstBox();
                    n <= settings.lastBox() && taken.claims.size() < settings.boxes();
                    n++) {
                Claim claim = tryTake(folder.resolve(Integer.toString(n)), n);
                if (claim != null) {
                    taken.add(claim);
                }
            }
        } catch (IOException e) {
            taken.close();
            throw Faults.box("cannot claim boxes in " + settings.locks(), e);
        }
        if (taken.claims.isEmpty()) {
            throw allHeld(settings);
        }
        return taken;
    }

    /**
     * Takes the highest number that nobody holds.
     *
     * @throws Fault if there is none
     */
    static Claims takeLast(SandboxSettings settings) throws Fault {
        var taken = new Claims();
        try {
            for (int n = settings.lastBox(); n >= settings.firstBox(); n--) {
                if (taken.tryAdd(settings.locks(), n)) {
                    return taken;
                }
            }
        } catch (IOException e) {
            throw Faults.box("cannot claim boxes in " + settings.locks(), e);
        }
        throw allHeld(settings);
    }

    private static Fault allHeld(SandboxSettings settings) {
        return Faults.box(
                ("all boxes from %d to %d are held by other replicas on this host (locks in"
                                + " %s): widen the range of boxes, or run fewer replicas")
                        .formatted(settings.firstBox(), settings.lastBox(), settings.locks()));
    }

    private static @Nullable Claim tryTake(Path file, int number) throws IOException {
        if (!HELD_IN_THIS_PROCESS.add(file)) {
            return null;
        }
        boolean locked = false;
        FileChannel channel = null;
        try {
            channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            locked = channel.tryLock() != null;
            return locked ? new Claim(number, file, channel) : null;
        } catch (OverlappingFileLockException _) {
            return null;
        } finally {
            if (!locked) {
                if (channel != null) {
                    channel.close();
                }
                HELD_IN_THIS_PROCESS.remove(file);
            }
        }
    }

    private void add(Claim claim) {
        claims.add(claim);
        highest = Math.max(highest, claim.number());
    }

    /** Without a number, to which {@link #tryAdd} adds. */
    static Claims none() {
        return new Claims();
    }

    /**
     * Takes one number more.
     *
     * @return false if somebody else, in this process or another, holds it
     */
    boolean tryAdd(Path locks, int number) throws IOException {
        Claim claim = tryTake(locks.resolve(Integer.toString(number)), number);
        if (claim != null) {
            add(claim);
        }
        return claim != null;
    }

    /**
     * Takes the next number of the range that nobody holds, after the highest that we hold or held.
     *
     * @return false if there is none
     */
    boolean addNext(SandboxSettings settings) throws Fault {
        try {
            while (highest < settings.lastBox()) {
                if (tryAdd(settings.locks(), highest + 1)) {
                    return true;
                }
                highest++;
            }
            return false;
        } catch (IOException e) {
            throw Faults.box("cannot claim boxes in " + settings.locks(), e);
        }
    }

    List<Integer> numbers() {
        return claims.stream().map(Claim::number).toList();
    }

    /** Gives one number back. */
    void release(int number) {
        for (Claim claim : List.copyOf(claims)) {
            if (claim.number() == number) {
                release(claim);
            }
        }
    }

    private void release(Claim claim) {
        claims.removeAll(Collections.singleton(claim));
        try {
            claim.channel().close();
        } catch (IOException e) {
            throw new java.io.UncheckedIOException("cannot close " + claim.file(), e);
        } finally {
            HELD_IN_THIS_PROCESS.remove(claim.file());
        }
    }

    @Override
    public void close() {
        List.copyOf(claims).forEach(this::release);
    }
}
