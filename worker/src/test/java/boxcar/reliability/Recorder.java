package boxcar.reliability;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.InvocationInterceptor;
import org.junit.jupiter.api.extension.ReflectiveInvocationContext;
import org.junit.jupiter.api.extension.TestWatcher;

/**
 * Writes a line for each run of a test into {@code target/reliability/<class>.jsonl}. The first
 * line of a class in a run of the tests replaces what an earlier run left.
 */
final class Recorder implements InvocationInterceptor, TestWatcher {
    static final Path FOLDER = Path.of("target", "reliability");
    private static final Namespace OURS = Namespace.create(Recorder.class);
    private static final ObjectMapper JSON = new ObjectMapper();

    /** What is known when the test's body is over, though not yet whether it passed. */
    private record Body(long millis, String engine, String outcome) {
        static final Body NONE = new Body(0, "", "");
    }

    @Override
    public void interceptTestMethod(
            Invocation<@Nullable Void> invocation,
            ReflectiveInvocationContext<Method> method,
            ExtensionContext context)
            throws Throwable {
        time(invocation, context);
    }

    @Override
    public void interceptTestTemplateMethod(
            Invocation<@Nullable Void> invocation,
            ReflectiveInvocationContext<Method> method,
            ExtensionContext context)
            throws Throwable {
        time(invocation, context);
    }

    private static void time(Invocation<@Nullable Void> invocation, ExtensionContext context)
            throws Throwable {
        long start = System.nanoTime();
        try {
            invocation.proceed();
        } finally {
            long millis = (System.nanoTime() - start) / 1_000_000;
            Body body =
                    context.getRequiredTestInstance() instanceof Told told
                            ? new Body(millis, told.engine(), told.outcome())
                            : new Body(millis, "", "");
            context.getStore(OURS).put(Body.class, body);
        }
    }

    @Override
    public void testSuccessful(ExtensionContext context) {
        write(context, true);
    }

    @Override
    public void testFailed(ExtensionContext context, @Nullable Throwable cause) {
        write(context, false);
    }

    @Override
    public void testAborted(ExtensionContext context, @Nullable Throwable cause) {
        write(context, null);
    }

    private static void write(ExtensionContext context, @Nullable Boolean passed) {
        Method method = context.getRequiredTestMethod();
        Body body =
                Optional.ofNullable(context.getStore(OURS).get(Body.class, Body.class))
                        .orElse(Body.NONE);
        Run run = new Run(Row.test(method), body.engine, body.outcome, passed, body.millis);
        try {
            Path file = file(context);
            Files.writeString(file, JSON.writeValueAsString(run) + "\n", StandardOpenOption.APPEND);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The class's file, emptied when it is first asked for. */
    private static Path file(ExtensionContext context) throws IOException {
        Path file = FOLDER.resolve(context.getRequiredTestClass().getName() + ".jsonl");
        Files.createDirectories(FOLDER);
        var files = context.getRoot().getStore(OURS);
        if (files.get(file) == null) {
            files.put(file, file);
            Files.writeString(file, "");
        }
        return file;
    }
}
