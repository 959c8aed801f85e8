package boxcar.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongUnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class SoakSamplesTest {
    private static final int COUNT = 30;

    /** All figures are 100,000, save for one. */
    private static SoakSamples with(SoakFigure figure, LongUnaryOperator atSample) {
        SoakSamples samples = new SoakSamples();
        for (int i = 0; i < COUNT; i++) {
            Map<SoakFigure, Long> sample = new EnumMap<>(SoakFigure.class);
            for (SoakFigure other : SoakFigure.values()) {
                sample.put(other, 100_000L);
            }
            sample.put(figure, atSample.applyAsLong(i));
            samples.add(sample);
        }
        return samples;
    }

    @ParameterizedTest
    @EnumSource(SoakFigure.class)
    void whatStaysAsItIsIsFlat(SoakFigure figure) {
        assertTrue(with(figure, _ -> 100_000).areFlat());
    }

    @ParameterizedTest
    @EnumSource(SoakFigure.class)
    void whatDoublesInTheLastThirdIsNotFlatAndTheLineNamesIt(SoakFigure figure) {
        SoakSamples samples = with(figure, i -> i < 20 ? 100_000 : 200_000);
        assertFalse(samples.areFlat());
        List<SoakSamples.Line> bad =
                samples.lines().stream().filter(line -> !line.isFlat()).toList();
        assertEquals(1, bad.size());
        assertEquals(figure, bad.getFirst().figure());
        assertEquals(100_000, bad.getFirst().middle());
        assertEquals(200_000, bad.getFirst().last());
    }

    @ParameterizedTest
    @EnumSource(value = SoakFigure.class, names = "DATABASE", mode = EnumSource.Mode.EXCLUDE)
    void whatGrowsByAStepEachSampleIsNotFlat(SoakFigure figure) {
        assertFalse(with(figure, i -> 100_000 + i * 4_000L).areFlat());
    }

    @Test
    void theLedgerMayGrowEvenlyButNoFaster() {
        assertTrue(with(SoakFigure.DATABASE, i -> i * 3_000L).areFlat());
        assertFalse(with(SoakFigure.DATABASE, i -> i * i * i * 10).areFlat());
    }

    @Test
    void whatGrowsOnlyAtTheBeginningIsFlat() {
        assertTrue(with(SoakFigure.RESIDENT, i -> Math.min(i, 10) * 20_000L).areFlat());
    }

    @Test
    void aSinglePeakIsNoGrowth() {
        assertTrue(with(SoakFigure.HEAP, i -> i == 25 ? 500_000 : 100_000).areFlat());
    }

    @Test
    void withFewSamplesNothingIsSaid() {
        SoakSamples samples = new SoakSamples();
        assertFalse(samples.areFlat());
        assertEquals(List.of(), samples.lines());
    }

    @Test
    void aSampleThatLacksAFigureIsRefused() {
        var e = assertThrows(IllegalArgumentException.class, () -> new SoakSamples().add(Map.of()));
        assertEquals("a sample without heap after GC, KiB", e.getMessage());
    }
}
