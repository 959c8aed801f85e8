package boxcar.intake;

import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import org.apache.avro.Schema;

/** Finds what a misspelt key was meant to be. */
final class FieldNames {
    private static final int LONGEST = 64;

    private FieldNames() {}

    /** The closest field, if it is close; else all that there are. */
    static String advice(String key, Schema schema) {
        List<String> names = schema.getFields().stream().map(Schema.Field::name).toList();
        String typed = key.toLowerCase(Locale.ROOT);
        if (typed.length() <= LONGEST) {
            String closest =
                    names.stream()
                            .min(Comparator.comparingInt(name -> distance(typed, name)))
                            .orElseThrow();
            if (distance(typed, closest) <= Math.max(1, closest.length() / 3)) {
                return "; did you mean '" + closest + "'?";
            }
        }
        return names.stream().collect(Collectors.joining(", ", ", which has ", ""));
    }

    /** Letters to add, drop, change, or swap with their neighbour, to get from one to the other. */
    static int distance(String from, String to) {
        int[][] steps = new int[from.length() + 1][to.length() + 1];
        for (int i = 0; i <= from.length(); i++) {
            for (int j = 0; j <= to.length(); j++) {
                steps[i][j] = step(from, to, i, j, steps);
            }
        }
        return steps[from.length()][to.length()];
    }

    private static int step(String from, String to, int i, int j, int[][] steps) {
        if (i == 0 || j == 0) {
            return i + j;
        }
        int change = from.charAt(i - 1) == to.charAt(j - 1) ? 0 : 1;
        int best =
                Math.min(
                        Math.min(steps[i - 1][j], steps[i][j - 1]) + 1,
                        steps[i - 1][j - 1] + change);
        boolean swapped =
                i > 1
                        && j > 1
                        && from.charAt(i - 1) == to.charAt(j - 2)
                        && from.charAt(i - 2) == to.charAt(j - 1);
        return swapped ? Math.min(best, steps[i - 2][j - 2] + 1) : best;
    }
}
