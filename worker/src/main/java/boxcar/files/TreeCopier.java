package boxcar.files;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/** Copies a tree of any depth with two open folders. */
final class TreeCopier implements AutoCloseable {
    private final BooleanSupplier stopped;
    private final Arena arena = Arena.ofConfined();
    private final MemorySegment buffer = arena.allocate(OpenFile.CHUNK);
    private Folder source;
    private Folder target;

    private TreeCopier(Folder source, Folder target, BooleanSupplier stopped) {
        this.source = source;
        this.target = target;
        this.stopped = stopped;
    }

    static void copy(Path from, Path to) throws IOException {
        Files.createDirectory(to);
        boolean _ = copyInto(from, to, () -> false);
    }

    static boolean copyInto(Path from, Path to, BooleanSupplier stopped) throws IOException {
        Folder source = Folder.open(from);
        @Nullable Folder target = null;
        try {
            target = Folder.open(to);
        } finally {
            if (target == null) {
                source.close();
            }
        }
        try (var copier = new TreeCopier(source, target, stopped)) {
            target.permit(Trees.EXECUTABLE);
            return copier.walk();
        }
    }

    private boolean walk() throws IOException {
        var pending = new ArrayDeque<Deque<Name>>();
        pending.push(copyAllHere());
        while (!stopped.getAsBoolean()) {
            @Nullable Name below = pending.element().poll();
            if (below != null) {
                enter(below);
                pending.push(copyAllHere());
                continue;
            }
            pending.pop();
            if (pending.isEmpty()) {
                return true;
            }
            goToSource(source.up());
            goToTarget(target.up());
        }
        return false;
    }

    private void enter(Name name) throws IOException {
        goToSource(source.enter(name));
        goToTarget(target.make(name, Trees.EXECUTABLE));
    }

    private void goToSource(Folder next) {
        source.close();
        source = next;
    }

    private void goToTarget(Folder next) {
        target.close();
        target = next;
    }

    /**
     * @return the names of the folders here
     */
    private Deque<Name> copyAllHere() throws IOException {
        var folders = new ArrayDeque<Name>();
        for (Folder.Entry entry : source.entries()) {
            if (stopped.getAsBoolean()) {
                break;
            }
            switch (entry.kind()) {
                case FOLDER -> folders.add(entry.name());
                case REGULAR -> copyFile(entry.name());
                case LINK -> target.copyLink(entry.name(), source, buffer);
                case OTHER -> {}
            }
        }
        return folders;
    }

    private void copyFile(Name name) throws IOException {
        try (OpenFile in = source.read(name);
                OpenFile out = target.create(name)) {
            out.writeAllOf(in, buffer);
            out.permit(in.status().isExecutable() ? Trees.EXECUTABLE : Trees.PLAIN);
        }
    }

    @Override
    public void close() {
        source.close();
        target.close();
        arena.close();
    }
}
