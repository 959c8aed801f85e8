package boxcar.job;

import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Makes runtimes on this host and lends them to stages. Safe for many threads. */
public interface Workshop {
    /**
     * Makes a runtime from its definition, in the sandbox, into a staging place of its own.
     *
     * @throws Fault if we failed; an expression that cannot be built is an ending, not a fault
     */
    Built build(RuntimeDefinition definition, Progress progress, Cancellation cancellation)
            throws Fault, InterruptedException;

    /**
     * Lends a runtime, waiting while it is being made on this host. It stays whole until the loan
     * is closed, also when it is removed from the catalogue meanwhile.
     *
     * @throws Fault of next {@link Fault.Next#TRY_ELSEWHERE} if it cannot be made here, of {@link
     *     Fault.Next#RETRY_HERE} if it was removed while we waited
     */
    Loan borrow(long runtimeId) throws Fault, InterruptedException;

    /**
     * What came of making a runtime.
     *
     * @param staged null if the installation did not end well
     * @param refused why what it made cannot be used, though it ended well; else null
     */
    record Built(Ending ending, @Nullable Staged staged, @Nullable Rejection refused) {
        public Built(Ending ending, @Nullable Staged staged) {
            this(ending, staged, null);
        }
    }

    /**
     * A runtime that is made but has no id yet. Closing it discards it, unless it was taken over.
     */
    interface Staged extends AutoCloseable {
        RuntimeHome home();

        /**
         * Offers it to the catalogue: when the log says that this job installed a runtime, the
         * staging place becomes that runtime's folder.
         */
        void offer(String jobId);

        @Override
        void close();
    }

    /** A runtime on loan. */
    interface Loan extends AutoCloseable {
        RuntimeHome home();

        @Override
        void close();
    }

    /**
     * Where a runtime is on this host.
     *
     * @param folder holds {@code run}, {@code env}, {@code shell.nix} and, if programs need
     *     compiling, {@code compile}
     * @param environment as captured when it was installed
     */
    record RuntimeHome(Path folder, Map<String, String> environment) {
        public RuntimeHome {
            environment = Map.copyOf(environment);
        }
    }
}
