package boxcar.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;

/** Jobs that a benchmark sends, all alike but for their ids. */
interface Recipe {
    /** A job that executes something. */
    ObjectNode job(String id);

    /**
     * @throws IOException if this is not the result that its jobs should have
     */
    void check(ObjectNode result) throws IOException;
}
