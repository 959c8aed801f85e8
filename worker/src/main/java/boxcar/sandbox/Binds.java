package boxcar.sandbox;

import boxcar.job.Bind;
import boxcar.job.Fault;
import boxcar.job.Stage;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** What every box shows, and which folders a stage may add to it. */
final class Binds {
    /** Folders of the system that a box sees, read-only, where the host has them. */
    static final List<String> SYSTEM = List.of("/bin", "/lib", "/lib64", "/usr");

    private static final List<String> OWN =
            List.of("/box", "/dev", "/etc", "/proc", "/tmp", "/sys");

    private Binds() {}

    /**
     * Whether a folder of a box's root is there for each stage.
     *
     * @param name its name alone
     */
    static boolean isInEveryBox(Path name) {
        String place = "/" + name;
        return SYSTEM.contains(place) || OWN.contains(place);
    }

    /**
     * @throws Fault if a bind could not be made in a box of any engine
     */
    static void check(Stage stage) throws Fault {
        var inside = new HashSet<String>();
        for (Bind bind : stage.binds()) {
            check(bind);
            if (!inside.add(bind.inside())) {
                throw Faults.impossible("two folders are bound at " + bind.inside());
            }
        }
        for (String name : stage.environment().keySet()) {
            if (name.isEmpty() || name.contains("=")) {
                throw Faults.impossible("'" + name + "' is no name of an environment variable");
            }
        }
        checkBox(stage.workDirectory());
        checkNesting(inside, stage);
    }

    private static void checkBox(Path work) throws Fault {
        if (!work.isAbsolute() || !Files.isDirectory(work)) {
            throw Faults.impossible("work directory " + work + " is no folder");
        }
        checkCharacters(work.toString());
    }

    private static void check(Bind bind) throws Fault {
        checkCharacters(bind.inside());
        checkCharacters(bind.outside().toString());
        Path inside = Path.of(bind.inside());
        if (!inside.normalize().toString().equals(bind.inside())
                || inside.getNameCount() == 0
                || bind.inside().contains("/../")) {
            throw Faults.impossible("'" + bind.inside() + "' is no plain path inside a box");
        }
        if (!Files.isDirectory(bind.outside())) {
            // Of this host: another may well have it.
            throw Faults.box(
                    bind.outside() + " cannot be bound into a box: it is no folder of this host");
        }
        for (String own : OWN) {
            if (sameOrBelow(bind.inside(), own) && !bind.inside().equals(BoxEtc.NIX)) {
                throw Faults.impossible(
                        bind.outside()
                                + " cannot be bound at "
                                + bind.inside()
                                + ": "
                                + own
                                + " belongs to the box");
            }
        }
    }

    /** isolate's rules are made of these: inside=outside:options. */
    private static void checkCharacters(String path) throws Fault {
        if (path.contains(":") || path.contains("=")) {
            throw Faults.impossible("'" + path + "' holds ':' or '=' and cannot be bound");
        }
    }

    /** A folder can be bound below another only where that one has a folder of the name. */
    private static void checkNesting(Set<String> inside, Stage stage) throws Fault {
        var outer = new ArrayList<Bind>(stage.binds());
        for (String system : SYSTEM) {
            if (!inside.contains(system)) {
                outer.add(Bind.readOnly(Path.of(system), system));
            }
        }
        for (Bind bind : stage.binds()) {
            for (Bind over : outer) {
                if (!bind.inside().equals(over.inside())
                        && sameOrBelow(bind.inside(), over.inside())) {
                    Path place =
                            over.outside()
                                    .resolve(bind.inside().substring(over.inside().length() + 1));
                    if (!Files.isDirectory(place)) {
                        throw Faults.impossible(
                                "%s cannot be bound at %s: that lies below %s, and %s is no folder"
                                        .formatted(
                                                bind.outside(),
                                                bind.inside(),
                                                over.inside(),
                                                place));
                    }
                }
            }
        }
    }

    private static boolean sameOrBelow(String path, String folder) {
        return path.equals(folder) || path.startsWith(folder + "/");
    }

    /** Outer binds first, so that inner ones are not covered. */
    static List<Bind> inOrder(Stage stage) {
        var sorted = new ArrayList<>(stage.binds());
        sorted.sort((a, b) -> a.inside().compareTo(b.inside()));
        return sorted;
    }
}
