package boxcar.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Arrays;
import java.util.Collection;

/** Some measured numbers, in order. */
final class Spread {
    private final double[] sorted;

    Spread(Collection<Double> numbers) {
        if (numbers.isEmpty()) {
            throw new IllegalArgumentException("nothing was measured");
        }
        sorted = numbers.stream().mapToDouble(Double::doubleValue).toArray();
        Arrays.sort(sorted);
    }

    /** The smallest number that at least this share, 0 to 1, of all are not above. */
    double at(double share) {
        int rank = (int) Math.ceil(share * sorted.length);
        return sorted[Math.clamp(rank - 1, 0, sorted.length - 1)];
    }

    double median() {
        return at(0.5);
    }

    double least() {
        return sorted[0];
    }

    double most() {
        return sorted[sorted.length - 1];
    }

    /** Adds p50, p90 and p99, in milliseconds, to what is told. */
    void tell(ObjectNode into, String prefix) {
        into.put(prefix + "p50_ms", rounded(at(0.5)));
        into.put(prefix + "p90_ms", rounded(at(0.9)));
        into.put(prefix + "p99_ms", rounded(at(0.99)));
    }

    /** To a hundredth. */
    static double rounded(double number) {
        return Math.round(number * 100) / 100.0;
    }
}
