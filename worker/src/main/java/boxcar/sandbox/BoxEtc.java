package boxcar.sandbox;

import boxcar.files.Owner;
import boxcar.files.Trees;
import boxcar.job.Bind;
import boxcar.job.EtcEntries;
import boxcar.job.Fault;
import boxcar.job.Stage;
import boxcar.job.StageKind;
import boxcar.sandbox.EtcListing.Copy;
import boxcar.sandbox.EtcListing.Directory;
import boxcar.sandbox.EtcListing.Entry;
import boxcar.sandbox.EtcListing.Link;
import boxcar.sandbox.EtcListing.Text;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The {@code /etc} of the boxes of one replica: files of ours, and copies of what {@code box.etc}
 * names. Copies, since a box must see nothing that comes into a directory of the host later and is
 * no affair of a program's: a private key, or a link to one. They are compared with the host's
 * before each installation, and before each stage that has the network.
 *
 * <p>There are two: {@code alone} and, with the host's name servers, {@code online}. User and group
 * differ from box to box; {@code /etc/passwd} and {@code /etc/group} are links into {@code
 * /etc/box}, which is a directory of each box.
 *
 * <p>It lies with the disks of a number that this replica holds, so that the next holder removes
 * it. Safe for many threads.
 */
final class BoxEtc {
    private static final Logger LOG = LoggerFactory.getLogger(BoxEtc.class);

    /** Where an installation finds the configuration of Nix. */
    static final String NIX = "/etc/nix";

    /** Of every box. */
    static final String HOST_NAME = "box";

    private static final String HOSTS =
            "127.0.0.1 localhost\n::1 localhost ip6-localhost ip6-loopback\n127.0.1.1 box\n";
    private static final String SWITCH =
            """
            passwd: files
            group: files
            shadow: files
            hosts: files dns
            networks: files
            protocols: files
            services: files
            ethers: files
            rpc: files
            """;
    private static final List<String> ONLINE = List.of("resolv.conf", "host.conf", "gai.conf");

    private final Path host;
    private final Path folder;
    private final EtcEntries wanted;
    private boolean made;
    private boolean closed;
    private final Set<Integer> users = new HashSet<>();
    private SortedMap<String, Entry> alone = new TreeMap<>();
    private SortedMap<String, Entry> online = new TreeMap<>();

    private BoxEtc(Path host, Path folder, EtcEntries wanted) {
        this.host = host;
        this.folder = folder;
        this.wanted = wanted;
    }

    /**
     * Begins to make it anew. The start of a worker does not wait for it, but its first stage does.
     * If it fails, each stage tries again.
     *
     * @param host the host's /etc
     */
    static BoxEtc make(Path host, Path disks, EtcEntries wanted) {
        BoxEtc etc = new BoxEtc(host, disks.resolve("etc"), wanted);
        Thread.ofVirtual().name("box-etc").start(etc::begin);
        return etc;
    }

    private void begin() {
        try {
            makeIfAbsent();
        } catch (Fault fault) {
            LOG.warn("{}; the first stage tries again", fault.getMessage());
        }
    }

    private synchronized void makeIfAbsent() throws Fault {
        if (made || closed) {
            return;
        }
        try {
            Trees.delete(folder);
            for (String name : List.of("alone", "online", "users")) {
                directory(Files.createDirectories(folder.resolve(name)));
            }
        } catch (IOException e) {
            throw Faults.box("cannot make " + folder, e);
        }
        refresh();
        made = true;
    }

    /**
     * The stage, with its box's /etc bound.
     *
     * @param owner the box's user
     */
    Stage into(Stage stage, int box, Owner owner) throws Fault {
        makeIfAbsent();
        if (stage.network()) {
            refreshOnline();
        } else if (stage.kind() == StageKind.INSTALL) {
            refresh();
        }
        Path all = folder.resolve(stage.network() ? "online" : "alone");
        return stage.with(
                List.of(Bind.readOnly(all, "/etc"), Bind.readOnly(user(box, owner), "/etc/box")));
    }

    private synchronized Path user(int box, Owner owner) throws Fault {
        Path place = folder.resolve("users").resolve(Integer.toString(box));
        if (users.contains(box)) {
            return place;
        }
        try {
            directory(Files.createDirectories(place));
            write(
                    place.resolve("passwd"),
                    """
                    root:x:0:0:root:/:/bin/sh
                    box:x:%d:%d:box:/box:/bin/sh
                    nobody:x:65534:65534:nobody:/:/bin/sh
                    """
                            .formatted(owner.user(), owner.group()));
            write(
                    place.resolve("group"),
                    """
                    root:x:0:
                    tty:x:5:
                    box:x:%d:
                    nogroup:x:65534:
                    """
                            .formatted(owner.group()));
        } catch (IOException e) {
            throw Faults.box("cannot make " + place, e);
        }
        users.add(box);
        return place;
    }

    /** Makes it what the host has now. A box in which something runs sees the change, too. */
    private synchronized void refresh() throws Fault {
        SortedMap<String, Entry> now = listing();
        update(folder.resolve("alone"), alone, now);
        alone = now;
    }

    private synchronized void refreshOnline() throws Fault {
        SortedMap<String, Entry> now = listing();
        now.put("hosts", new Text(HOSTS + ofTheHost("hosts")));
        for (String name : ONLINE) {
            if (Files.isReadable(host.resolve(name))) {
                now.put(name, new Text(ofTheHost(name)));
            }
        }
        update(folder.resolve("online"), online, now);
        online = now;
    }

    private SortedMap<String, Entry> listing() {
        SortedMap<String, Entry> entries = EtcListing.of(host, wanted);
        entries.put("passwd", new Link("box/passwd"));
        entries.put("group", new Link("box/group"));
        entries.put("mtab", new Link("../proc/self/mounts"));
        entries.put("box", new Directory());
        entries.put("nix", new Directory());
        entries.put("hostname", new Text(HOST_NAME + "\n"));
        entries.put("hosts", new Text(HOSTS));
        entries.put("nsswitch.conf", new Text(SWITCH));
        return entries;
    }

    private String ofTheHost(String name) {
        try {
            return Files.readString(host.resolve(name));
        } catch (IOException _) {
            return "";
        }
    }

    private static void update(
            Path place, SortedMap<String, Entry> before, SortedMap<String, Entry> now)
            throws Fault {
        try {
            for (var entry : before.entrySet()) {
                Entry next = now.get(entry.getKey());
                if (next == null || next.getClass() != entry.getValue().getClass()) {
                    Trees.delete(place.resolve(entry.getKey()));
                }
            }
            for (var entry : now.entrySet()) {
                Path path = place.resolve(entry.getKey());
                if (!entry.getValue().equals(before.get(entry.getKey()))
                        || Files.notExists(path, LinkOption.NOFOLLOW_LINKS)) {
                    make(path, entry.getValue());
                }
            }
        } catch (IOException e) {
            throw Faults.box("cannot write " + place, e);
        }
    }

    private static void make(Path path, Entry entry) throws IOException {
        switch (entry) {
            case Directory _ -> directory(Files.createDirectories(path));
            case Text(String content) -> write(path, content);
            case Link(String target) -> {
                Files.deleteIfExists(path);
                Files.createSymbolicLink(path, Path.of(target));
            }
            case Copy copy -> copy(path, copy);
        }
    }

    private static void copy(Path path, Copy copy) throws IOException {
        byte[] content;
        try {
            content = Files.readAllBytes(copy.source());
        } catch (NoSuchFileException _) {
            return;
        }
        if (holdsKey(content)) {
            Files.deleteIfExists(path);
            return;
        }
        write(path, content, copy.executable());
    }

    /** Whether it holds a private key, as PEM spells one, under whatever name. */
    private static boolean holdsKey(byte[] content) {
        return new String(content, StandardCharsets.ISO_8859_1).contains("PRIVATE KEY-----");
    }

    private static void directory(Path path) throws IOException {
        Files.setAttribute(path, "unix:mode", 0755);
    }

    private static void write(Path path, String content) throws IOException {
        write(path, content.getBytes(StandardCharsets.UTF_8), false);
    }

    /** A file that is there is replaced in one step, for a box may be reading it. */
    private static void write(Path path, byte[] content, boolean executable) throws IOException {
        boolean replaces = Files.exists(path, LinkOption.NOFOLLOW_LINKS);
        Path made = replaces ? path.resolveSibling(".new-" + path.getFileName()) : path;
        Files.write(made, content);
        Files.setAttribute(made, "unix:mode", executable ? 0755 : 0644);
        if (replaces) {
            Files.move(made, path, StandardCopyOption.ATOMIC_MOVE);
        }
    }

    synchronized void close() throws Fault {
        closed = true;
        try {
            Trees.delete(folder);
        } catch (IOException e) {
            throw Faults.box("cannot remove " + folder, e);
        }
    }
}
