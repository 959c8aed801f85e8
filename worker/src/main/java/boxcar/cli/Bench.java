package boxcar.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;

/** A benchmark, whose options are set. */
interface Bench {
    BenchKind kind();

    /**
     * Measures. An interrupt ends it; whatever it made and started is gone when this returns.
     *
     * @return an object for each point that was measured
     */
    List<ObjectNode> measure() throws Exception;
}
