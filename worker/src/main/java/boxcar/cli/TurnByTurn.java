package boxcar.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * A worker and a bare loop in turns (bare, worker, bare), so that what else the machine does hits
 * both; each stands still while the other runs. CPU time is counted too, for it is less touched by
 * the machine's other load than the clock is.
 */
final class TurnByTurn {
    private final BenchStand stand;
    private final BenchWorker worker;
    private final BareLoop bare;

    private final List<Double> loops = new ArrayList<>();
    private final List<Double> ours = new ArrayList<>();
    private final List<Double> ratios = new ArrayList<>();
    private final List<Double> firsts = new ArrayList<>();
    private Duration bareCpu = Duration.ZERO;
    private Duration workerCpu = Duration.ZERO;
    private Duration stagesCpu = Duration.ZERO;
    private Duration brokerCpu = Duration.ZERO;
    private int runsOfAll;

    TurnByTurn(BenchStand stand, BenchWorker worker, BareLoop bare) {
        this.stand = stand;
        this.worker = worker;
        this.bare = bare;
    }

    /**
     * One round.
     *
     * @param runs how often the jobs together run what the bare loop runs once a round
     * @return how it went, for people
     */
    String take(Recipe recipe, int jobs, int runs) throws Exception {
        BenchWorker.holdAtRest(worker);
        CpuTime bareBegan = CpuTime.of(ProcessHandle.current().pid());
        double before = bare.run(runs);
        // Held for longer than a request may take it would find its connections broken, and look
        // for every job of the backlog in the results.
        worker.goOn();
        BenchWorker.holdAtRest(worker);
        CpuTime began = worker.cpuOfAll();
        Duration brokerBegan = stand.brokerCpu();
        Backlog.Done done = new Backlog(stand, recipe, jobs).carryOut(worker);
        worker.hold();
        CpuTime used = worker.cpuOfAll().since(began);
        workerCpu = workerCpu.plus(used.own());
        stagesCpu = stagesCpu.plus(used.children());
        brokerCpu = brokerCpu.plus(stand.brokerCpu().minus(brokerBegan));
        double after = bare.run(runs);
        bareCpu =
                bareCpu.plus(CpuTime.of(ProcessHandle.current().pid()).since(bareBegan).children());
        worker.goOn();
        double mine = done.perSecond() / jobs * runs;
        loops.add((before + after) / 2);
        ours.add(mine);
        ratios.add(mine / loops.getLast());
        firsts.add((double) done.firstMillis());
        runsOfAll += runs;
        return String.format(
                Locale.ROOT,
                "bare loop %.0f, worker %.0f, bare loop %.0f a second; ratio %.2f",
                before,
                mine,
                after,
                ratios.getLast());
    }

    double perSecond() {
        return Spread.rounded(new Spread(ours).median());
    }

    double barePerSecond() {
        return Spread.rounded(new Spread(loops).median());
    }

    double ratio() {
        return Spread.rounded(new Spread(ratios).median());
    }

    /** The medians of the rounds, and what each gave. */
    void tell(ObjectNode point) {
        point.put("jobs_per_second", perSecond())
                .put("bare_loop_per_second", barePerSecond())
                .put("ratio", ratio())
                .put("ratio_least", Spread.rounded(new Spread(ratios).least()))
                .put("ratio_most", Spread.rounded(new Spread(ratios).most()))
                .put("first_result_ms", Math.round(new Spread(firsts).median()))
                .put("bare_cpu_ms", millis(bareCpu, 2 * runsOfAll))
                .put("stages_cpu_ms", millis(stagesCpu, runsOfAll))
                .put("worker_cpu_ms", millis(workerCpu, runsOfAll))
                .put("broker_cpu_ms", millis(brokerCpu, runsOfAll));
        BenchThroughput.each(point.putArray("ratios"), ratios);
        BenchThroughput.each(point.putArray("each_jobs_per_second"), ours);
        BenchThroughput.each(point.putArray("each_bare_loop_per_second"), loops);
    }

    private static double millis(Duration all, int runs) {
        return Spread.rounded(all.toNanos() / 1e6 / runs);
    }
}
