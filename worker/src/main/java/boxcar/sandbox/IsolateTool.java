package boxcar.sandbox;

import boxcar.job.Fault;
import boxcar.process.Finished;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * An isolate that is installed here: its version, and what it can do on this host.
 *
 * @param program name or path
 * @param groups whether {@code --cg} works
 * @param uidBase user of box 0; box n has the n-th after it
 * @param gidBase likewise for groups
 */
record IsolateTool(String program, String version, boolean groups, int uidBase, int gidBase) {
    private static final Pattern VERSION = Pattern.compile("process isolator (\\d+)(\\.\\S+)?");
    private static final Pattern ID = Pattern.compile("uid=(\\d+)\\S* gid=(\\d+)");

    /**
     * Tries it in a box that the caller holds.
     *
     * @throws Fault with what isolate said if it cannot run a program here
     */
    static IsolateTool probe(String program, int box) throws Fault, InterruptedException {
        String version = version(program);
        Tried plain = tryRun(program, box, false);
        if (plain.ids() == null) {
            throw Faults.sandbox(
                    program + " " + version + " does not work on this host", plain.last());
        }
        boolean groups = tryRun(program, box, true).ids() != null;
        return new IsolateTool(
                program,
                version,
                groups,
                Integer.parseInt(plain.ids().group(1)) - box,
                Integer.parseInt(plain.ids().group(2)) - box);
    }

    /**
     * @throws Fault if it is not there
     */
    static String version(String program) throws Fault, InterruptedException {
        Finished said = Tools.run(program, "--version");
        Matcher matcher = VERSION.matcher(said.out());
        if (!said.well() || !matcher.find()) {
            throw Faults.sandbox(program + " is no isolate", said);
        }
        return matcher.group().substring("process isolator ".length());
    }

    private record Tried(@org.jspecify.annotations.Nullable Matcher ids, Finished last) {}

    private static Tried tryRun(String program, int box, boolean groups)
            throws Fault, InterruptedException {
        var tool = new IsolateTool(program, "", groups, 0, 0);
        tool.withGroups().cleanup(box);
        tool.withoutGroups().cleanup(box);
        Finished init = Tools.run(tool.command(box, "--init"));
        if (!init.well()) {
            return new Tried(null, init);
        }
        var argv = tool.command(box, "--silent", "--dir=/lib64:maybe", "--run", "--");
        argv.add("/usr/bin/id");
        Finished run = Tools.run(argv);
        Finished cleanup = tool.cleanup(box);
        Matcher matcher = ID.matcher(run.out());
        if (!run.well() || !matcher.find()) {
            return new Tried(null, run);
        }
        return new Tried(cleanup.well() ? matcher : null, cleanup);
    }

    int major() {
        return Integer.parseInt(version.substring(0, version.indexOf('.')));
    }

    int uid(int box) {
        return uidBase + box;
    }

    int gid(int box) {
        return gidBase + box;
    }

    List<String> command(int box, String... more) {
        var argv = new ArrayList<String>();
        argv.add(program);
        if (groups) {
            argv.add("--cg");
        }
        argv.add("--box-id=" + box);
        argv.addAll(List.of(more));
        return argv;
    }

    void init(int box) throws Fault, InterruptedException {
        Finished init = Tools.run(command(box, "--init"));
        if (!init.well()) {
            throw Faults.box("isolate cannot make box " + box + ": " + init.evidence());
        }
    }

    Finished cleanup(int box) throws Fault, InterruptedException {
        return Tools.run(command(box, "--cleanup"));
    }

    IsolateTool withoutGroups() {
        return new IsolateTool(program, version, false, uidBase, gidBase);
    }

    IsolateTool withGroups() {
        return new IsolateTool(program, version, true, uidBase, gidBase);
    }
}
