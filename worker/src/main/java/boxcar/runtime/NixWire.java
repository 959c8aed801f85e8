package boxcar.runtime;

import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/**
 * The Nix daemon's protocol: numbers of 64 bits, little endian; texts with their length before them
 * and zeros behind, up to a multiple of 8; and before each answer what the daemon has to tell
 * meanwhile.
 */
final class NixWire {
    private static final int WORD = 8;

    /** An answer of ours is a few hundred bytes. */
    private static final long LONGEST = 1 << 20;

    private static final long LAST = 0x616c7473L;
    private static final long ERROR = 0x63787470L;
    private static final long LINE = 0x6f6c6d67L;
    private static final long START = 0x53545254L;
    private static final long STOP = 0x53544f50L;
    private static final long RESULT = 0x52534c54L;

    /** Since protocol 1.26 an error has parts. */
    private static final long ERRORS_HAVE_PARTS = 0x11a;

    private final DataInputStream in;
    private final OutputStream out;
    private long protocol;

    NixWire(InputStream in, OutputStream out) {
        this.in = new DataInputStream(in);
        this.out = out;
    }

    /** In which version what follows is. */
    void speak(long version) {
        protocol = version;
    }

    void number(long value) throws IOException {
        out.write(ByteBuffer.allocate(WORD).order(ByteOrder.LITTLE_ENDIAN).putLong(value).array());
    }

    void text(String value) throws IOException {
        byte[] bytes = value.getBytes(StandardCharsets.UTF_8);
        number(bytes.length);
        out.write(bytes);
        out.write(new byte[padding(bytes.length)]);
    }

    void flush() throws IOException {
        out.flush();
    }

    long number() throws IOException {
        return Long.reverseBytes(in.readLong());
    }

    String text() throws IOException {
        long length = number();
        if (length < 0 || length > LONGEST) {
            throw new IOException("the Nix daemon sent a text of " + length + " bytes");
        }
        byte[] bytes = in.readNBytes((int) length);
        if (bytes.length < length) {
            throw new EOFException("the Nix daemon ended in the middle of a text");
        }
        in.readNBytes(padding((int) length));
        return new String(bytes, StandardCharsets.UTF_8);
    }

    private static int padding(int length) {
        return (WORD - length % WORD) % WORD;
    }

    /**
     * Reads up to where an answer begins.
     *
     * @throws IOException with the daemon's words if it could not do what it was asked
     */
    void awaitDone() throws IOException {
        while (true) {
            long what = number();
            if (what == LAST) {
                return;
            } else if (what == ERROR) {
                throw new IOException("the Nix daemon says: " + error());
            } else if (what == LINE) {
                text();
            } else if (what == START) {
                number(); // id
                number(); // level
                number(); // type
                text();
                fields();
                number(); // parent
            } else if (what == STOP) {
                number();
            } else if (what == RESULT) {
                number(); // id
                number(); // type
                fields();
            } else {
                throw new IOException("the Nix daemon sent %x, which is unknown".formatted(what));
            }
        }
    }

    private void fields() throws IOException {
        long count = number();
        for (long i = 0; i < count; i++) {
            if (number() == 0) {
                number();
            } else {
                text();
            }
        }
    }

    private String error() throws IOException {
        if (protocol < ERRORS_HAVE_PARTS) {
            String said = text();
            number(); // status
            return said;
        }
        text(); // "Error"
        number(); // level
        text(); // name
        String said = text();
        number(); // no position
        long traces = number();
        for (long i = 0; i < traces; i++) {
            number(); // no position
            text();
        }
        return said;
    }
}
