package boxcar.sandbox;

import boxcar.files.Owner;
import boxcar.job.Ending;
import boxcar.job.Fault;
import boxcar.job.Sandbox;
import boxcar.job.Stage;

/** What runs a stage in a box whose number the caller holds. Safe for many threads. */
interface BoxEngine {
    Sandbox.Engine engine();

    /**
     * Makes a box fit to be lent: kills whatever lives in it, removes what an earlier holder left,
     * sets up what outlives a stage. Called when a number was claimed and after trouble.
     */
    void ready(int box) throws Fault, InterruptedException;

    /**
     * Runs the stage. When it returns, or throws, no process of the stage is alive; after a throw
     * the box must be made ready again.
     */
    Ending run(int box, Stage stage, Stop stop) throws Fault, InterruptedException;

    /** Who a program in the box is. */
    Owner owner(int box);

    /** What a box's folder beside its lock ends with while the box is set up: {@code box}, … */
    String trace();

    /** Removes all that goes with the box, when it is given up. */
    void leave(int box) throws Fault, InterruptedException;

    /** Lets go of what boxes have in common, when all of them were left. */
    void close();
}
