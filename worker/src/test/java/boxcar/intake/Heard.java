package boxcar.intake;

import boxcar.job.Job;
import boxcar.job.JobResult;
import boxcar.job.Telemetry;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** Telemetry that writes down what it hears. */
final class Heard implements Telemetry {
    private final List<String> events = new CopyOnWriteArrayList<>();

    List<String> events() {
        return List.copyOf(events);
    }

    long count(String event) {
        return events.stream().filter(event::equals).count();
    }

    @Override
    public void taken(Job.Kind kind, int delivery, Duration queued) {
        events.add("taken #" + delivery);
    }

    @Override
    public void finished(Job.Kind kind, JobResult.Outcome outcome, Duration took) {
        events.add("finished " + outcome);
    }

    @Override
    public void answeredFromLedger(Job.Kind kind) {
        events.add("answered from ledger");
    }

    @Override
    public void released(Job.Kind kind) {
        events.add("released");
    }

    @Override
    public void lockLost(Job.Kind kind) {
        events.add("lock lost");
    }

    @Override
    public void deadLetter(String reason) {
        events.add("dead letter " + reason);
    }

    @Override
    public void fault(String step) {
        events.add("fault " + step);
    }
}
