package boxcar.sandbox;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.time.Duration;
import java.util.Locale;
import org.junit.jupiter.api.Test;

class IsolateCommandTest {
    @Test
    void timesHaveADotWhateverTheLocale() {
        Locale before = Locale.getDefault();
        Locale.setDefault(Locale.GERMANY);
        try {
            assertEquals("1.500", IsolateCommand.seconds(Duration.ofMillis(1500)));
        } finally {
            Locale.setDefault(before);
        }
    }

    @Test
    void aTimeIsNeverZeroForThatWouldBeNoLimit() {
        assertEquals("0.001", IsolateCommand.seconds(Duration.ofNanos(1)));
        assertEquals("0.002", IsolateCommand.seconds(Duration.ofNanos(1_000_001)));
    }

    @Test
    void aSizeFitsIsolatesNumbers() {
        assertEquals(Integer.MAX_VALUE, IsolateCommand.size(1L << 40));
        assertEquals(5, IsolateCommand.size(5));
    }
}
