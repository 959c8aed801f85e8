package boxcar.runtime;

import boxcar.files.Trees;
import boxcar.job.Fault;
import boxcar.job.LanguageRuntime;
import boxcar.job.RuntimeDefinition;
import boxcar.job.Workshop.RuntimeHome;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.LongPredicate;
import org.jspecify.annotations.Nullable;

/**
 * The folders of the runtimes: {@code runtimes/<id>} with {@code run}, {@code compile}, {@code
 * env}, {@code shell.nix}, and {@code digest}, which tells whose definition it was made from. A
 * runtime is written into {@code staging/} first and renamed into place, so a folder is whole or
 * not there.
 */
final class Shelf {
    private static final String STEP = "runtime-folder";
    private static final String DIGEST = "digest";

    private final Path runtimes;
    private final Path staging;
    private final Path shell;

    Shelf(Path state) throws Fault {
        this.runtimes = state.resolve("runtimes");
        this.staging = state.resolve("staging");
        this.shell = state.resolve("shell");
        try {
            GcRoots.forget(staging);
            Trees.delete(staging);
            Trees.delete(shell);
            Files.createDirectories(runtimes);
            Files.createDirectories(staging);
            Files.createDirectories(shell);
        } catch (IOException e) {
            throw new Fault(STEP, Fault.Next.TRY_ELSEWHERE, "cannot prepare " + state, e);
        }
    }

    /** For a link to the shell that installations start, and nothing else. */
    Path shell() {
        return shell;
    }

    /** A new folder for something in the making, emptied at the next start at the latest. */
    Path stage(String what) throws Fault {
        try {
            return Files.createDirectory(staging.resolve(what + "-" + UUID.randomUUID()));
        } catch (IOException e) {
            throw failed("cannot make a staging folder", e);
        }
    }

    /** Writes a runtime's files into a staging folder. */
    RuntimeHome write(Path folder, RuntimeDefinition definition, Environment environment)
            throws Fault {
        try {
            Trees.write(folder, "run", script(definition.runScript()), true);
            String compile = definition.compileScript();
            if (compile != null) {
                Trees.write(folder, "compile", script(compile), true);
            }
            Trees.write(folder, NixShell.EXPRESSION, bytes(definition.nixShell()), false);
            Trees.write(folder, "env", environment.encode(), false);
            return new RuntimeHome(folder, environment.variables());
        } catch (IOException e) {
            throw failed("cannot write the runtime's files", e);
        }
    }

    /** Makes a staged folder the folder of a runtime. */
    Path shelve(Path staged, long id, String digest) throws Fault {
        try {
            Trees.write(staged, DIGEST, bytes(digest), false);
            Path place = folder(id);
            Trees.delete(place);
            return Files.move(staged, place, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            throw failed("cannot put runtime " + id + " into place", e);
        }
    }

    /** The runtime's folder, if it is there and was made from this very definition. */
    Optional<RuntimeHome> find(LanguageRuntime runtime) throws Fault {
        Path folder = folder(runtime.id());
        try {
            byte[] digest = content(folder, DIGEST);
            byte[] environment = content(folder, "env");
            if (digest == null
                    || environment == null
                    || !new String(digest, StandardCharsets.UTF_8).equals(runtime.digest())) {
                return Optional.empty();
            }
            return Optional.of(new RuntimeHome(folder, Environment.parse(environment).variables()));
        } catch (IOException e) {
            throw failed("cannot read runtime " + runtime.id(), e);
        }
    }

    /** Whether something that the runtime in a folder uses is no longer in the Nix store. */
    boolean isIncomplete(Path folder) throws Fault {
        try {
            return GcRoots.hasLost(folder);
        } catch (IOException e) {
            throw failed("cannot read " + folder, e);
        }
    }

    private static byte @Nullable [] content(Path folder, String name) throws IOException {
        return Files.exists(folder.resolve(name)) ? Files.readAllBytes(folder.resolve(name)) : null;
    }

    Path folder(long id) {
        return runtimes.resolve(Long.toString(id));
    }

    /** Takes a runtime's folder away; it is gone from its place at once. */
    void remove(long id) throws Fault {
        Path folder = folder(id);
        if (Files.notExists(folder)) {
            return;
        }
        GcRoots.forget(folder);
        try {
            Path away = Files.move(folder, stage("removed"), StandardCopyOption.REPLACE_EXISTING);
            Trees.delete(away);
        } catch (IOException e) {
            throw failed("cannot remove the folder of runtime " + id, e);
        }
    }

    /** Removes folders of runtimes that the catalogue does not know; returns which. */
    List<String> removeAllBut(LongPredicate known) throws Fault {
        List<String> gone = new ArrayList<>();
        try (DirectoryStream<Path> folders = Files.newDirectoryStream(runtimes)) {
            for (Path folder : folders) {
                String name = String.valueOf(folder.getFileName());
                if (!name.matches("\\d{1,18}") || !known.test(Long.parseLong(name))) {
                    GcRoots.forget(folder);
                    Trees.delete(folder);
                    gone.add(name);
                }
            }
        } catch (IOException e) {
            throw failed("cannot clean up " + runtimes, e);
        }
        return gone;
    }

    /** The disk of the state folder is this host's: another host has its own. */
    static Fault failed(String what, IOException e) {
        return new Fault(
                STEP,
                Fault.Next.TRY_ELSEWHERE,
                what
                        + " (if its disk is full, make room: this replica then goes on by itself; if it is"
                        + " broken, mend it and start the worker again)",
                e);
    }

    /** Takes a staging folder away; a failure is left to the next start. */
    static void discard(Path folder) {
        GcRoots.forget(folder);
        try {
            Trees.delete(folder);
        } catch (IOException e) {
            org.slf4j.LoggerFactory.getLogger(Shelf.class)
                    .warn("{} stays until the next start: {}", folder, e.toString());
        }
    }

    private static byte[] script(String text) {
        return bytes(text.startsWith("#!") ? text : "#!/bin/sh\n" + text);
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
