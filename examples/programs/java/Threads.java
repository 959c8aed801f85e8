import java.util.concurrent.Executors;
import java.util.stream.IntStream;

/** Adds up squares in four threads. */
public class Main {
    public static void main(String[] args) throws Exception {
        try (AutoCloseablePool pool = new AutoCloseablePool(4)) {
            System.out.println(pool.sumOfSquares(1000));
        }
    }

    static class AutoCloseablePool implements AutoCloseable {
        private final java.util.concurrent.ExecutorService threads;

        AutoCloseablePool(int count) {
            threads = Executors.newFixedThreadPool(count);
        }

        long sumOfSquares(int last) throws Exception {
            var parts =
                    IntStream.range(0, 4)
                            .mapToObj(part ->
                                    threads.submit(() ->
                                            IntStream.rangeClosed(1, last)
                                                    .filter(n -> n % 4 == part)
                                                    .mapToLong(n -> (long) n * n)
                                                    .sum()))
                            .toList();
            long sum = 0;
            for (var part : parts) {
                sum += part.get();
            }
            return sum;
        }

        @Override
        public void close() {
            threads.shutdown();
        }
    }
}
