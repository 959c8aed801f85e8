package boxcar.intake;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.DescribeTopicsOptions;
import org.apache.kafka.clients.admin.FeatureMetadata;
import org.apache.kafka.clients.admin.FinalizedVersionRange;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.InvalidConfigurationException;
import org.apache.kafka.common.errors.InvalidRequestException;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;

/** Makes and checks Boxcar's topics and share groups in a Kafka cluster. */
public final class Topics {
    private static final Duration CREATING = Duration.ofSeconds(15);
    private static final Duration CHECKING = Duration.ofSeconds(6);
    private static final long PATIENCE_SECONDS = 20;
    private static final String MEND = "./boxcar topics create";
    private static final String SHARE_VERSION = "share.version";

    private final IntakeSettings settings;

    public Topics(IntakeSettings settings) {
        this.settings = settings;
    }

    /**
     * Makes the topics that are not there and sets the groups. What is there stays as it is, save
     * for the groups' settings.
     *
     * @param replication copies of each topic; -1 for the broker's default
     * @param progress gets a line for each thing made or found
     * @throws KafkaException if Kafka cannot be reached or refuses
     */
    public void create(int replication, Consumer<String> progress) throws InterruptedException {
        try (Admin admin = new KafkaClients(settings).admin("boxcar-topics", CREATING)) {
            for (TopicPlan plan : TopicPlan.all(settings)) {
                progress.accept(make(admin, plan, (short) replication));
            }
            GroupSettings wanted = new GroupSettings(brokerConfig(admin));
            for (JobTopic kind : JobTopic.values()) {
                set(admin, settings.topics().group(kind), wanted, progress);
            }
        }
    }

    private static String make(Admin admin, TopicPlan plan, short replication)
            throws InterruptedException {
        NewTopic topic = new NewTopic(plan.name(), TopicPlan.PARTITIONS, replication);
        try {
            get(admin.createTopics(List.of(topic.configs(plan.made()))).all());
            return "made topic " + plan.name();
        } catch (TopicExistsException e) {
            return "topic " + plan.name() + " is there already";
        }
    }

    private void set(Admin admin, String group, GroupSettings wanted, Consumer<String> progress)
            throws InterruptedException {
        Config now = groupConfig(admin, group);
        boolean changed = alter(admin, group, missing(now, wanted.needed(settings)));
        for (Map.Entry<String, String> one : missing(now, wanted.quicker()).entrySet()) {
            try {
                changed |= alter(admin, group, Map.of(one.getKey(), one.getValue()));
            } catch (InvalidConfigurationException | InvalidRequestException e) {
                progress.accept("group " + group + ": this broker does not take " + one.getKey());
            }
        }
        progress.accept(changed ? "set group " + group : "group " + group + " is set already");
    }

    private static boolean alter(Admin admin, String group, Map<String, String> values)
            throws InterruptedException {
        if (values.isEmpty()) {
            return false;
        }
        Collection<AlterConfigOp> changes =
                values.entrySet().stream()
                        .map(e ->
                                new AlterConfigOp(
                                        new ConfigEntry(e.getKey(), e.getValue()),
                                        AlterConfigOp.OpType.SET))
                        .toList();
        get(admin.incrementalAlterConfigs(Map.of(groupResource(group), changes)).all());
        return true;
    }

    /** What the check found, in the order in which it is worth mending. Never throws for Kafka. */
    public List<Finding> check() throws InterruptedException {
        List<Finding> findings = new ArrayList<>();
        try (Admin admin = new KafkaClients(settings).admin("boxcar-check", CHECKING)) {
            Collection<Node> nodes = get(admin.describeCluster().nodes());
            findings.add(
                    Finding.ok(
                            "kafka",
                            "%s answers, %d broker%s"
                                    .formatted(
                                            settings.bootstrapServers(),
                                            nodes.size(),
                                            nodes.size() == 1 ? "" : "s")));
            Finding support = shareGroups(admin);
            findings.add(support);
            findings.addAll(topics(admin));
            if (support.level() != Finding.Level.BAD) {
                findings.addAll(groups(admin));
            }
        } catch (KafkaException e) {
            findings.add(unreachable(e));
        }
        return List.copyOf(findings);
    }

    private Finding unreachable(KafkaException e) {
        return KafkaFailures.needsAPerson(e)
                ? Finding.bad(
                        "kafka",
                        settings.bootstrapServers() + " refuses us: " + KafkaFailures.say(e),
                        "check the kafka.* properties (security.protocol, sasl.*, ssl.*) and the"
                                + " ACLs")
                : Finding.bad(
                        "kafka",
                        settings.bootstrapServers() + " does not answer: " + KafkaFailures.say(e),
                        "start Kafka there, or set kafka.bootstrap.servers; ./boxcar dev brings a"
                                + " Kafka of its own");
    }

    private static Finding shareGroups(Admin admin) throws InterruptedException {
        FeatureMetadata features = get(admin.describeFeatures().featureMetadata());
        FinalizedVersionRange on = features.finalizedFeatures().get(SHARE_VERSION);
        if (on != null && on.maxVersionLevel() >= 1) {
            return Finding.ok("share groups", SHARE_VERSION + " " + on.maxVersionLevel());
        }
        if (features.supportedFeatures().containsKey(SHARE_VERSION)) {
            return Finding.bad(
                    "share groups",
                    "Boxcar needs Apache Kafka 4.2 or later with share groups; this broker has"
                            + " them switched off",
                    "with Kafka 4.2 or later on every broker: kafka-features.sh upgrade --feature"
                            + " share.version=1");
        }
        return Finding.bad(
                "share groups",
                "Boxcar needs Apache Kafka 4.2 or later; this broker is older: it has no share"
                        + " groups (KIP-932)",
                "upgrade the cluster to Apache Kafka 4.2 or later");
    }

    private List<Finding> topics(Admin admin) throws InterruptedException {
        List<Finding> findings = new ArrayList<>();
        var described =
                admin.describeTopics(
                                settings.topics().all(),
                                new DescribeTopicsOptions().includeAuthorizedOperations(true))
                        .topicNameValues();
        for (TopicPlan plan : TopicPlan.all(settings)) {
            String subject = "topic " + plan.name();
            var description = described.get(plan.name());
            if (description == null) {
                continue;
            }
            try {
                findings.add(topic(admin, subject, plan, get(description)));
            } catch (UnknownTopicOrPartitionException e) {
                findings.add(Finding.bad(subject, "is not there", MEND));
            }
        }
        return findings;
    }

    private Finding topic(Admin admin, String subject, TopicPlan plan, TopicDescription there)
            throws InterruptedException {
        Set<AclOperation> forbidden = forbidden(plan, there);
        if (!forbidden.isEmpty()) {
            return Finding.bad(
                    subject,
                    "we may not " + forbidden + " it",
                    "kafka-acls.sh --add --allow-principal User:… --topic "
                            + plan.name()
                            + forbidden.stream()
                                    .map(o -> " --operation " + o)
                                    .collect(Collectors.joining()));
        }
        int partitions = there.partitions().size();
        if (partitions != TopicPlan.PARTITIONS
                && plan.name().equals(settings.topics().runtimes())) {
            return Finding.bad(
                    subject,
                    "has " + partitions + " partitions, but a runtime's id is its offset in one",
                    "delete the topic while no worker runs, then " + MEND);
        }
        ConfigResource resource = new ConfigResource(ConfigResource.Type.TOPIC, plan.name());
        Config now =
                get(admin.describeConfigs(List.of(resource)).all()).getOrDefault(resource, EMPTY);
        Map<String, String> wrong = missing(now, plan.needed());
        if (!wrong.isEmpty()) {
            String settingsWanted = assignments(wrong);
            return Finding.bad(
                    subject,
                    "must have " + settingsWanted,
                    "kafka-configs.sh --alter --entity-type topics --entity-name %s --add-config %s"
                            .formatted(plan.name(), settingsWanted));
        }
        if (partitions != TopicPlan.PARTITIONS) {
            return Finding.warn(
                    subject,
                    "has "
                            + partitions
                            + " partitions; jobs in a partition that no slot holds wait, so one is"
                            + " best",
                    "make the topic anew with one partition when it is empty");
        }
        return Finding.ok(subject, "is there");
    }

    /** What a worker needs to do to a topic and may not; a broker without ACLs allows all. */
    private static Set<AclOperation> forbidden(TopicPlan plan, TopicDescription there) {
        Set<AclOperation> allowed = there.authorizedOperations();
        if (allowed == null) {
            return Set.of();
        }
        Set<AclOperation> missing = new TreeSet<>(plan.operations());
        missing.removeAll(allowed);
        return missing;
    }

    private List<Finding> groups(Admin admin) throws InterruptedException {
        List<Finding> findings = new ArrayList<>();
        GroupSettings wanted = new GroupSettings(brokerConfig(admin));
        for (JobTopic kind : JobTopic.values()) {
            String group = settings.topics().group(kind);
            Config now = groupConfig(admin, group);
            Map<String, String> wrong = missing(now, wanted.needed(settings));
            Map<String, String> slow = missing(now, wanted.quicker());
            slow.keySet().removeIf(key -> now.get(key) == null);
            findings.add(group(kind, wanted, wrong, slow));
        }
        return findings;
    }

    private Finding group(
            JobTopic kind,
            GroupSettings wanted,
            Map<String, String> wrong,
            Map<String, String> slow) {
        String subject = "group " + settings.topics().group(kind);
        if (!wrong.isEmpty()) {
            return Finding.bad(subject, "must have " + assignments(wrong), MEND);
        }
        String limit = wanted.needed(settings).get("share.delivery.count.limit");
        if (limit != null && Integer.parseInt(limit) < settings.deliveryLimit()) {
            return Finding.bad(
                    subject,
                    "the broker allows %s deliveries, but %d are configured: the last would never come"
                            .formatted(limit, settings.deliveryLimit()),
                    "lower the delivery limit to "
                            + limit
                            + ", or raise the broker's"
                            + " group.share.max.delivery.count.limit");
        }
        if (!slow.isEmpty()) {
            return Finding.warn(
                    subject, "a worker that joins waits longer without " + assignments(slow), MEND);
        }
        return Finding.ok(subject, "is set");
    }

    private static final Config EMPTY = new Config(List.of());

    /** What of the wanted is not so. */
    private static Map<String, String> missing(Config now, Map<String, String> wanted) {
        Map<String, String> missing = new HashMap<>();
        wanted.forEach((key, value) -> {
            ConfigEntry entry = now.get(key);
            if (entry == null || !value.equals(entry.value())) {
                missing.put(key, value);
            }
        });
        return missing;
    }

    private static String assignments(Map<String, String> values) {
        return values.entrySet().stream()
                .map(e -> e.getKey() + "=" + e.getValue())
                .sorted()
                .collect(Collectors.joining(","));
    }

    private static Config groupConfig(Admin admin, String group) throws InterruptedException {
        ConfigResource resource = groupResource(group);
        return get(admin.describeConfigs(List.of(resource)).all()).getOrDefault(resource, EMPTY);
    }

    private static ConfigResource groupResource(String group) {
        return new ConfigResource(ConfigResource.Type.GROUP, group);
    }

    /** One broker's bounds; empty if it does not tell them to us. */
    private static Config brokerConfig(Admin admin) throws InterruptedException {
        Collection<Node> nodes = get(admin.describeCluster().nodes());
        for (Node node : nodes) {
            ConfigResource resource =
                    new ConfigResource(ConfigResource.Type.BROKER, node.idString());
            try {
                return get(admin.describeConfigs(List.of(resource)).all())
                        .getOrDefault(resource, EMPTY);
            } catch (KafkaException e) {
                return EMPTY;
            }
        }
        return EMPTY;
    }

    private static <T> T get(KafkaFuture<T> future) throws InterruptedException {
        try {
            return future.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof KafkaException kafka) {
                throw kafka;
            }
            throw new KafkaException(e.getCause());
        } catch (TimeoutException e) {
            throw new org.apache.kafka.common.errors.TimeoutException(
                    "no answer within " + PATIENCE_SECONDS + " s", e);
        }
    }
}
