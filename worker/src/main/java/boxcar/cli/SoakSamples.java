package boxcar.cli;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/** The samples of a soak, in the order in which they were taken, and what they say. */
final class SoakSamples {
    /** With fewer in a third, a median says little. */
    static final int LEAST = 9;

    private final List<Map<SoakFigure, Long>> samples = new ArrayList<>();

    /** A figure's medians, and what the last may be. */
    record Line(SoakFigure figure, long first, long middle, long last, long bound) {
        boolean isFlat() {
            return last <= bound;
        }
    }

    /**
     * @throws IllegalArgumentException if a figure is missing
     */
    void add(Map<SoakFigure, Long> sample) {
        for (SoakFigure figure : SoakFigure.values()) {
            if (!sample.containsKey(figure)) {
                throw new IllegalArgumentException("a sample without " + figure.title());
            }
        }
        samples.add(new EnumMap<>(sample));
    }

    int size() {
        return samples.size();
    }

    /** Whether there are enough of them, and each figure is within its bound. */
    boolean areFlat() {
        return size() >= LEAST && lines().stream().allMatch(Line::isFlat);
    }

    /**
     * @return a line for each figure; none if there are fewer samples than {@link #LEAST}
     */
    List<Line> lines() {
        if (size() < LEAST) {
            return List.of();
        }
        List<Line> lines = new ArrayList<>();
        for (SoakFigure figure : SoakFigure.values()) {
            long first = median(figure, 0);
            long middle = median(figure, 1);
            lines.add(
                    new Line(
                            figure, first, middle, median(figure, 2), figure.bound(first, middle)));
        }
        return lines;
    }

    private long median(SoakFigure figure, int third) {
        int from = size() * third / 3;
        int to = size() * (third + 1) / 3;
        List<Long> sorted =
                samples.subList(from, to).stream()
                        .map(sample -> sample.get(figure))
                        .sorted()
                        .toList();
        return sorted.get(sorted.size() / 2);
    }
}
