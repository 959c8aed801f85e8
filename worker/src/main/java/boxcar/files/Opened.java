package boxcar.files;

import java.io.IOException;

/** An open file: what is asked or done here is of its descriptor, whatever its name. */
abstract class Opened implements AutoCloseable {
    private final int descriptor;
    private final Scratch scratch;
    private boolean closed;

    /** Takes both over. */
    Opened(int descriptor, Scratch scratch) {
        this.descriptor = descriptor;
        this.scratch = scratch;
    }

    final int descriptor() {
        return descriptor;
    }

    final Scratch scratch() {
        return scratch;
    }

    final Status status() throws IOException {
        return FileCalls.status(scratch.state(), descriptor, scratch.status());
    }

    /**
     * @param mode nine bits; the other three are cleared
     */
    final void permit(int mode) throws IOException {
        FileCalls.permit(scratch.state(), descriptor, mode);
    }

    /** Gives it to a user, without set-uid, set-gid and sticky bits. */
    final void give(Owner owner) throws IOException {
        Status before = status();
        if (before.user() != owner.user() || before.group() != owner.group()) {
            FileCalls.give(scratch.state(), descriptor, owner.user(), owner.group());
        }
        if (before.isSpecial()) {
            permit(before.permissions());
        }
    }

    @Override
    public final void close() {
        if (!closed) {
            closed = true;
            FileCalls.close(descriptor);
            scratch.close();
        }
    }
}
