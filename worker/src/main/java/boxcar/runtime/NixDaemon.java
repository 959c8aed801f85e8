package boxcar.runtime;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.time.Duration;

/**
 * A connection to the Nix daemon that asks whether store paths are valid and keeps them. It never
 * asks for anything to be built.
 *
 * <p>We talk to the daemon ourselves instead of starting {@code nix-store}: a program of Nix reads
 * its user's configuration and loads the plug-ins that it names, and we are root
 * (docs/decisions/0029). For one thread. What is held is held until the connection is closed.
 *
 * @see <a href="https://github.com/NixOS/nix/blob/2.8.0/src/libstore/daemon.cc">the daemon's
 *     side</a>
 */
final class NixDaemon implements AutoCloseable {
    /** The newest protocol that we speak; the daemon answers in the older of both. */
    private static final long OURS = 0x123;

    /** Of Nix 2.0. */
    private static final long OLDEST = 0x115;

    private static final long CLIENT = 0x6e697863L;
    private static final long SERVER = 0x6478696fL;
    private static final long IS_VALID = 1;
    private static final long ADD_TEMPORARY_ROOT = 11;
    private static final long ADD_INDIRECT_ROOT = 12;
    private static final long VERSION_IS_TOLD = 0x121;
    private static final long TRUST_IS_TOLD = 0x123;

    /** A healthy daemon answers within a millisecond, or when its database is free. */
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final SocketChannel channel;
    private final NixWire wire;
    private final Thread watch;

    private NixDaemon(SocketChannel channel) {
        this.channel = channel;
        this.watch = Thread.ofVirtual().name("nix-daemon").start(this::closeInTheEnd);
        this.wire =
                new NixWire(
                        new BufferedInputStream(Channels.newInputStream(channel)),
                        new BufferedOutputStream(Channels.newOutputStream(channel)));
    }

    /** A read from a UNIX socket has no deadline of its own. */
    private void closeInTheEnd() {
        try {
            Thread.sleep(PATIENCE);
            channel.close();
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        } catch (IOException _) {
            // It is closed all the same.
        }
    }

    /**
     * Connects.
     *
     * @throws IOException if no daemon answers there, or it is older than Nix 2.0
     */
    static NixDaemon connect(Path socket) throws IOException {
        SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
        NixDaemon daemon = new NixDaemon(channel);
        boolean greeted = false;
        try {
            channel.connect(UnixDomainSocketAddress.of(socket));
            daemon.greet();
            greeted = true;
            return daemon;
        } catch (IOException e) {
            throw new IOException("the Nix daemon at " + socket + " does not answer: " + e, e);
        } finally {
            if (!greeted) {
                daemon.close();
            }
        }
    }

    private void greet() throws IOException {
        wire.number(CLIENT);
        wire.flush();
        if (wire.number() != SERVER) {
            throw new IOException("what listens there is no Nix daemon");
        }
        long theirs = wire.number();
        if (theirs >> 8 != OURS >> 8 || theirs < OLDEST) {
            throw new IOException("its protocol is %x, not %x".formatted(theirs, OURS));
        }
        long both = Math.min(theirs, OURS);
        wire.speak(both);
        wire.number(both);
        wire.number(0); // no processor is asked for
        wire.number(0); // no reserved space
        wire.flush();
        if (both >= VERSION_IS_TOLD) {
            wire.text();
        }
        if (both >= TRUST_IS_TOLD) {
            wire.number();
        }
        wire.awaitDone();
    }

    /**
     * Keeps a path from being collected while this connection is open, and tells whether there is
     * anything to keep.
     *
     * @return false if it is no valid path of the store
     */
    boolean hold(Path storePath) throws IOException {
        ask(ADD_TEMPORARY_ROOT, storePath);
        return ask(IS_VALID, storePath) != 0;
    }

    /** What this link leads to is kept for as long as the link is there. */
    void addRoot(Path link) throws IOException {
        ask(ADD_INDIRECT_ROOT, link);
    }

    private long ask(long operation, Path path) throws IOException {
        wire.number(operation);
        wire.text(path.toString());
        wire.flush();
        wire.awaitDone();
        return wire.number();
    }

    @Override
    public void close() throws IOException {
        watch.interrupt();
        channel.close();
    }
}
