package boxcar.cli;

import java.lang.reflect.Proxy;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntConsumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * SIGTERM and SIGINT, each time that one comes. Java's shutdown hooks hear only the first, and
 * leave the exit status at 143.
 *
 * <p>{@code sun.misc.Signal} is the only way to hear them (JEP 260 keeps it until there is
 * another); it is called by reflection, for javac warns of its name without a way to say that we
 * know.
 */
final class StopSignals {
    private static final Logger LOG = LoggerFactory.getLogger(StopSignals.class);

    private StopSignals() {}

    /**
     * @param heard gets 1 for the first signal, 2 for the second; on a thread of its own each time
     */
    static void hear(IntConsumer heard) {
        AtomicInteger count = new AtomicInteger();
        for (String name : List.of("TERM", "INT")) {
            try {
                Class<?> signal = Class.forName("sun.misc.Signal");
                Class<?> handler = Class.forName("sun.misc.SignalHandler");
                Object ours =
                        Proxy.newProxyInstance(
                                StopSignals.class.getClassLoader(),
                                new Class<?>[] {handler},
                                (proxy, method, arguments) ->
                                        switch (method.getName()) {
                                            case "handle" -> {
                                                heard.accept(count.incrementAndGet());
                                                yield null;
                                            }
                                            case "equals" ->
                                                    System.identityHashCode(proxy)
                                                            == System.identityHashCode(
                                                                    arguments[0]);
                                            case "hashCode" -> System.identityHashCode(proxy);
                                            default -> "StopSignals";
                                        });
                Object named = signal.getConstructor(String.class).newInstance(name);
                signal.getMethod("handle", signal, handler).invoke(null, named, ours);
            } catch (ReflectiveOperationException e) {
                LOG.warn("SIG{} cannot be heard: it ends the worker at once", name, e);
            }
        }
    }
}
