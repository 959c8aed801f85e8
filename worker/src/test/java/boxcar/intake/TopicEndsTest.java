package boxcar.intake;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Map;
import java.util.Optional;
import org.apache.kafka.clients.admin.ListOffsetsResult.ListOffsetsResultInfo;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What the answers of leaders say about who leads. */
class TopicEndsTest {
    private static final TopicPartition ONE = new TopicPartition("jobs", 0);
    private static final TopicPartition TWO = new TopicPartition("jobs", 1);

    private final Continuity.Known known =
            new Continuity.Known(
                    1,
                    Map.of(ONE, new TopicEnds.End(7, 3), TWO, new TopicEnds.End(8, 5)),
                    Optional.empty());

    private static ListOffsetsResultInfo end(long offset, @Nullable Integer epoch) {
        return new ListOffsetsResultInfo(offset, -1, Optional.ofNullable(epoch));
    }

    @Test
    void anAnswerWithAnEpochTellsWhoLeads() {
        assertEquals(
                Optional.of(Map.of(ONE, new TopicEnds.End(7, 3))),
                TopicEnds.told(Map.of(ONE, end(7, 3))));
    }

    @Test
    void anAnswerWithoutAnEpochIsNoAnswer() {
        assertEquals(Optional.empty(), TopicEnds.told(Map.of(ONE, end(7, null))));
        assertEquals(Optional.empty(), TopicEnds.told(Map.of(ONE, end(7, 3), TWO, end(8, null))));
    }

    @Test
    void aNewLeaderOfAnotherPartitionDoesNotMatterToARecord() {
        var later = Map.of(ONE, new TopicEnds.End(9, 3), TWO, new TopicEnds.End(8, 6));
        assertTrue(known.isOfLeader(ONE, later));
        assertFalse(known.isOfLeader(TWO, later));
        assertFalse(known.isOfLeaders(later), "what is known is to be asked anew");
    }

    @Test
    void aPartitionThatIsAddedDoesNotMatterToARecordOfAnother() {
        var later =
                Map.of(
                        ONE,
                        new TopicEnds.End(9, 3),
                        TWO,
                        new TopicEnds.End(8, 5),
                        new TopicPartition("jobs", 2),
                        new TopicEnds.End(0, 0));
        assertTrue(known.isOfLeader(ONE, later));
        assertFalse(known.isOfLeaders(later));
    }
}
