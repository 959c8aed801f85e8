package boxcar.sandbox;

import boxcar.job.Fault;
import boxcar.process.Finished;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What is left of boxes that nobody holds: there should be nothing. Boxes that somebody holds are
 * left out.
 *
 * @param boxes folders, mounts, control groups and containers, each told by its path
 * @param processes each told by its id and command
 */
public record Remains(List<String> boxes, List<String> processes) {
    private static final Pattern TRACE = Pattern.compile("(\\d{1,7})\\.(box|runc|disks)");
    private static final Pattern BOX_FOLDER = Pattern.compile("\\d{1,7}");
    private static final Pattern GROUP = Pattern.compile("box-(\\d{1,7})");
    private static final Pattern SUPERVISOR =
            Pattern.compile("\0--box-id=(\\d{1,7})\0|\0boxcar-(\\d{1,7})\0");

    public Remains {
        boxes = List.copyOf(boxes);
        processes = List.copyOf(processes);
    }

    /**
     * Looks at the range's numbers that nobody holds. It uses the last of them to ask the engine,
     * which sweeps it: what was left in that one is not seen, and replicas use the first.
     *
     * @throws Fault if there is no free number
     */
    public static Remains find(SandboxSettings wanted) throws Fault, InterruptedException {
        SandboxSettings settings = wanted.resolved();
        // Numbers in which something was found are held while we look, so that it is nobody's.
        try (Claims some = Claims.takeLast(settings);
                Claims found = Claims.none()) {
            return new Search(settings, some, found).everywhere();
        } catch (IOException | DirectoryIteratorException e) {
            throw Faults.box("cannot look for what is left of boxes", e);
        }
    }

    /** The numbers below the locks' folder that have a trace of the kind given. */
    static List<Integer> traces(Path locks, String kind) throws IOException {
        var found = new TreeSet<Integer>();
        try (var entries = Files.newDirectoryStream(locks)) {
            for (Path entry : entries) {
                Matcher name = TRACE.matcher(String.valueOf(entry.getFileName()));
                if (name.matches() && name.group(2).equals(kind)) {
                    found.add(Integer.valueOf(name.group(1)));
                }
            }
        }
        return List.copyOf(found);
    }

    /** One look around the host. */
    private record Search(SandboxSettings settings, Claims some, Claims found) {
        Remains everywhere() throws IOException, Fault, InterruptedException {
            var boxes = new LinkedHashSet<String>();
            var uids = new ArrayList<Integer>(List.of(RuncEngine.FIRST_UID));
            addBelow(settings.locks(), TRACE, boxes);
            if (settings.engine() != SandboxSettings.Choice.RUNC) {
                addIsolate(some.numbers().getFirst(), boxes, uids);
            }
            for (Path hierarchy : Cgroups.detect().all()) {
                addBelow(hierarchy, GROUP, boxes);
                addBelow(hierarchy.resolve(BoxGroups.PARENT), GROUP, boxes);
            }
            return new Remains(List.copyOf(boxes), processes(uids));
        }

        private void addIsolate(int some, Set<String> boxes, List<Integer> uids)
                throws IOException, InterruptedException {
            try {
                IsolateTool tool = IsolateTool.probe(settings.isolate(), some).withoutGroups();
                Path box = Path.of(Tools.run(tool.command(some, "--init")).out().strip());
                tool.cleanup(some);
                uids.add(tool.uidBase());
                addBelow(box.toAbsolutePath().resolveSibling(""), BOX_FOLDER, boxes);
                addGroups(tool, boxes);
            } catch (Fault _) {
                // No isolate here, so no boxes of it.
            }
        }

        /**
         * On version 2 isolate's groups are below one that its keeper or its configuration names.
         */
        private void addGroups(IsolateTool tool, Set<String> boxes)
                throws IOException, Fault, InterruptedException {
            if (tool.major() > 1) {
                Finished said = Tools.run(tool.program(), "--print-cg-root");
                if (said.well()) {
                    addBelow(Path.of(said.out().strip()), GROUP, boxes);
                }
            }
        }

        private void addBelow(Path folder, Pattern named, Set<String> found) throws IOException {
            if (!Files.isDirectory(folder)) {
                return;
            }
            try (var entries = Files.newDirectoryStream(folder, Files::isDirectory)) {
                for (Path entry : entries) {
                    Matcher name = named.matcher(String.valueOf(entry.getFileName()));
                    if (name.matches()
                            && isFree(name.groupCount() == 0 ? name.group() : name.group(1))) {
                        found.add(entry.toString());
                    }
                }
            }
        }

        private boolean isFree(String number) throws IOException {
            return isFree(Integer.parseInt(number));
        }

        private boolean isFree(int number) throws IOException {
            return number >= settings.firstBox()
                    && number <= settings.lastBox()
                    && (some.numbers().contains(number)
                            || found.numbers().contains(number)
                            || found.tryAdd(settings.locks(), number));
        }

        private List<String> processes(List<Integer> uids) throws IOException {
            var found = new ArrayList<String>();
            try (var entries = Files.newDirectoryStream(Path.of("/proc"), "[0-9]*")) {
                for (Path entry : entries) {
                    String command = read(entry.resolve("cmdline"));
                    if (supervises(command) || residesIn(read(entry.resolve("status")), uids)) {
                        found.add(entry.getFileName() + " " + command.replace('\0', ' ').strip());
                    }
                }
            }
            return found;
        }

        private boolean supervises(String command) throws IOException {
            Matcher matcher = SUPERVISOR.matcher(command);
            return matcher.find()
                    && isFree(matcher.group(1) == null ? matcher.group(2) : matcher.group(1));
        }

        private boolean residesIn(String status, List<Integer> uids) throws IOException {
            if (!Residents.lives(status)) {
                return false;
            }
            for (int user : Residents.users(status)) {
                for (int base : uids) {
                    if (isFree(user - base)) {
                        return true;
                    }
                }
            }
            return false;
        }

        private static String read(Path file) {
            try {
                return new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1);
            } catch (IOException _) {
                // It is gone.
                return "";
            }
        }
    }
}
