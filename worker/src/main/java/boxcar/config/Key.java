package boxcar.config;

import boxcar.job.EtcEntries;
import boxcar.job.StageKind;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * One key of the configuration.
 *
 * @param name as in the file
 * @param fallback the default; empty means that it depends on the host
 * @param meaning what it sets, with unit and bounds
 */
public record Key(String name, String fallback, String meaning) {
    /**
     * All keys, in the order in which the file shows them. Keys of the Kafka clients begin with
     * {@code kafka.}.
     */
    public static final List<Key> ALL = all();

    private static List<Key> all() {
        List<Key> keys =
                new ArrayList<>(
                        List.of(
                                new Key(
                                        "kafka.bootstrap.servers",
                                        "127.0.0.1:9092",
                                        "Brokers, host:port,… Every other setting of Kafka's clients (TLS, SASL, …) may be given the same way, after 'kafka.'."),
                                new Key(
                                        "topics.prefix",
                                        "boxcar",
                                        "Topics are <prefix>.install, .execute, .results, .runtimes, .progress, .control, .dead-letters; letters, digits, '.', '_', '-'."),
                                new Key(
                                        "state",
                                        "/var/lib/boxcar",
                                        "Folder of this replica alone: runtimes, SQLite file, work directories."),
                                new Key(
                                        "disk.free_mib",
                                        "256",
                                        "Megabytes that the disk of 'state' must have free: with less, this replica takes no jobs until there are 8 more than that (or an eighth of a small disk); 0 to 1073741824, 0 as 1."),
                                new Key(
                                        "replica",
                                        "",
                                        "Name of this replica in results; default: host name and process id."),
                                new Key(
                                        "sandbox",
                                        "auto",
                                        "Engine: auto (isolate, or runc where only that one has control groups), isolate, runc."),
                                new Key(
                                        "sandbox.isolate",
                                        "isolate",
                                        "The isolate program: a name on the PATH or a path."),
                                new Key(
                                        "sandbox.runc",
                                        "runc",
                                        "The runc program: a name on the PATH or a path."),
                                new Key(
                                        "sandbox.locks",
                                        "/run/boxcar/boxes",
                                        "Folder of the box locks, shared by all replicas of a host."),
                                new Key(
                                        "boxes.first",
                                        "0",
                                        "First number of the box range that the replicas of this host share; 0 to 8388607."),
                                new Key(
                                        "boxes.last",
                                        "999",
                                        "Last number of that range; at most isolate's num_boxes - 1."),
                                new Key(
                                        "boxes",
                                        "",
                                        "Executions at once; 1 to 1000; default: the number of cores."),
                                new Key(
                                        "installs",
                                        "1",
                                        "Installations at once, in boxes of their own; 1 to 100."),
                                new Key(
                                        "slots.extra",
                                        "2",
                                        "Jobs held beyond 'boxes', so that decoding, publishing and acknowledging hide behind running stages; 0 to 100."),
                                new Key(
                                        "box.etc",
                                        EtcEntries.STANDARD.text(),
                                        "Files and directories below /etc of this host that programs see, with ',' between them; '*' and '?' stand for parts of a name. Only what every user of the host may read is shown, and no private keys. Boxcar's own: passwd, group, hosts, hostname, nsswitch.conf, mtab."),
                                new Key(
                                        "network.install",
                                        "false",
                                        "Whether installations reach the network: a pinned nixpkgs needs it; true or false."),
                                new Key(
                                        "network.execute",
                                        "false",
                                        "Whether programs reach the network: they reach all that this host reaches, so think twice; true or false."),
                                new Key(
                                        "nix.path",
                                        "",
                                        "NIX_PATH for installations, as 'nixpkgs=…'."),
                                new Key(
                                        "nix.build_shell",
                                        "",
                                        "The bash that nix-shell starts; default: /bin/bash if there is one."),
                                new Key(
                                        "output_kib",
                                        "64",
                                        "Kilobytes of each output stream of a stage that its result tells, and no more than results.max_kib together; what may be printed is max_output below; 1 to 65536."),
                                new Key(
                                        "output_files_kib",
                                        "1024",
                                        "Kilobytes that all output files of a job may hold together; 0 to 65536."),
                                new Key(
                                        "results.format",
                                        "avro",
                                        "How results are written: avro or json."),
                                new Key(
                                        "results.max_kib",
                                        "4096",
                                        "Largest result record in kilobytes; output beyond it is cut and flagged; 64 to 65536, and no more than the topic takes."),
                                new Key(
                                        "jobs.lock_seconds",
                                        "30",
                                        "How long the broker keeps a job for a silent replica; renewed at a third of it; 1 to 3600, and what the broker allows."),
                                new Key(
                                        "jobs.deliveries",
                                        "8",
                                        "How often a job may be delivered before it ends with a FAULT result; each replica that is killed with it uses up to three; 2 to 25, and two less than the broker allows."),
                                new Key(
                                        "jobs.backoff_seconds",
                                        "5",
                                        "How long a replica waits before it gives a job back after a fault of its own; 0 to 600."),
                                new Key(
                                        "jobs.grace_seconds",
                                        "30",
                                        "How long running jobs may take to end when the worker is told to stop; 0 to 3600."),
                                new Key(
                                        "ledger.days",
                                        "7",
                                        "How long a published result is remembered; 1 to 3650."),
                                new Key(
                                        "metrics.host",
                                        "127.0.0.1",
                                        "Address of /metrics, /healthy, /ready."),
                                new Key(
                                        "metrics.port",
                                        "9464",
                                        "Port of them; 0 for any free one."),
                                new Key(
                                        "limits.source_kib",
                                        "16384",
                                        "Kilobytes that all sources of a job may hold together, unpacked; they are held in memory; 1 to 1048576."),
                                new Key(
                                        "limits.disk_kib",
                                        "262144",
                                        "Kilobytes that all files of a job may hold together at any time, in memory; 1024 to 1073741824, and no less than limits.source_kib and 4 for each of limits.files. Installations have the same."),
                                new Key(
                                        "limits.files",
                                        "1000",
                                        "Files that a job may have; 1 to 8192."),
                                new Key(
                                        "limits.tests",
                                        "1000",
                                        "Tests that a job may have; 1 to 100000.")));
        for (StageKind kind : StageKind.values()) {
            addLimits(keys, kind);
        }
        return List.copyOf(keys);
    }

    private static void addLimits(List<Key> keys, StageKind kind) {
        String prefix = "limits." + kind.name().toLowerCase(Locale.ROOT) + ".";
        String stage = kind.name().toLowerCase(Locale.ROOT);
        DefaultLimits limits = DefaultLimits.of(kind);
        limits.values()
                .forEach((field, range) -> {
                    keys.add(
                            new Key(
                                    prefix + field,
                                    range.fallback(),
                                    "Default of "
                                            + field
                                            + " for a stage of kind "
                                            + stage
                                            + ", "
                                            + range.unit()
                                            + "."));
                    keys.add(
                            new Key(
                                    prefix + field + ".max",
                                    range.max(),
                                    "The most that a job may ask for."));
                });
    }

    /** The name of the environment variable for this key. */
    public String variable() {
        return "BOXCAR_" + name.toUpperCase(Locale.ROOT).replace('.', '_').replace('-', '_');
    }
}
