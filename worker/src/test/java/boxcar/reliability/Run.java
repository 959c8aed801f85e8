package boxcar.reliability;

/**
 * One run of a test, as a line of JSON.
 *
 * @param test the class that has the test, and its method
 * @param engine empty where the test does not choose one
 * @param outcome how it ended, in the test's words; empty where it has none
 * @param passed null if the test could not run here
 * @param millis of the test's body
 */
record Run(
        String test,
        String engine,
        String outcome,
        @org.jspecify.annotations.Nullable Boolean passed,
        long millis) {}
