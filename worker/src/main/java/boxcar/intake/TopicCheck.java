package boxcar.intake;

import static org.apache.kafka.common.acl.AclOperation.DESCRIBE_CONFIGS;
import static org.apache.kafka.common.acl.AclOperation.READ;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.DescribeTopicsOptions;
import org.apache.kafka.clients.admin.FeatureMetadata;
import org.apache.kafka.clients.admin.FinalizedVersionRange;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.GroupAuthorizationException;
import org.apache.kafka.common.errors.TopicAuthorizationException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;

/** Looks whether a Kafka cluster is as Boxcar needs it, and says how to mend what is not. */
final class TopicCheck {
    /** At a load of 25 on two processors a broker took more than 20 s for its first answer. */
    private static final Duration PATIENCE = Duration.ofSeconds(40);

    private static final String MEND = "./boxcar topics create";
    private static final String SHARE_VERSION = "share.version";

    private final IntakeSettings settings;

    TopicCheck(IntakeSettings settings) {
        this.settings = settings;
    }

    /** What it found, in the order in which it is worth mending. Never throws for Kafka. */
    List<Finding> findings() throws InterruptedException {
        Finding nobody = FirstContact.nobodyThere(settings);
        if (nobody != null) {
            return List.of(nobody);
        }
        List<Finding> findings = new ArrayList<>();
        try (Admin admin = new KafkaClients(settings).admin("boxcar-check", PATIENCE)) {
            Collection<Node> nodes = FirstContact.nodes(admin);
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
            findings.add(FirstContact.refused(settings, e));
        }
        return List.copyOf(findings);
    }

    private static Finding shareGroups(Admin admin) throws InterruptedException {
        FeatureMetadata features = AdminCalls.get(admin.describeFeatures().featureMetadata());
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
                findings.add(topic(admin, subject, plan, AdminCalls.get(description)));
            } catch (UnknownTopicOrPartitionException e) {
                findings.add(Finding.bad(subject, "is not there", MEND));
            } catch (TopicAuthorizationException e) {
                findings.add(Permissions.lacking(subject, plan.operations()));
            }
        }
        return findings;
    }

    private Finding topic(Admin admin, String subject, TopicPlan plan, TopicDescription there)
            throws InterruptedException {
        Set<AclOperation> forbidden =
                Permissions.missing(plan.operations(), there.authorizedOperations());
        if (!forbidden.isEmpty()) {
            return Permissions.lacking(subject, forbidden);
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
        Config now;
        try {
            now =
                    AdminCalls.get(admin.describeConfigs(List.of(resource)).all())
                            .getOrDefault(resource, AdminCalls.EMPTY);
        } catch (TopicAuthorizationException e) {
            return Permissions.lacking(subject, Set.of(DESCRIBE_CONFIGS));
        }
        Map<String, String> wrong = AdminCalls.missing(now, plan.needed());
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

    private List<Finding> groups(Admin admin) throws InterruptedException {
        List<Finding> findings = new ArrayList<>();
        GroupSettings wanted = new GroupSettings(AdminCalls.brokerConfig(admin));
        for (JobTopic kind : JobTopic.values()) {
            String group = settings.topics().group(kind);
            String subject = "group " + group;
            if (!Permissions.mayRead(admin, group)) {
                findings.add(Permissions.lacking(subject, Set.of(READ)));
                continue;
            }
            try {
                findings.add(group(kind, wanted, AdminCalls.groupConfig(admin, group)));
            } catch (GroupAuthorizationException e) {
                findings.add(Permissions.lacking(subject, Set.of(DESCRIBE_CONFIGS)));
            }
        }
        return findings;
    }

    private Finding group(JobTopic kind, GroupSettings wanted, Config now) {
        Map<String, String> wrong = wanted.wrong(now, settings);
        Map<String, String> slow = AdminCalls.missing(now, wanted.quicker());
        slow.keySet().removeIf(key -> now.get(key) == null);
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
        int most = settings.deliveryLimit() + Slot.Crew.POLLERS;
        if (limit != null && Integer.parseInt(limit) < most) {
            return Finding.warn(
                    subject,
                    "the broker allows %s deliveries, and %d are configured: a replica that is killed uses up to %d more, and with the broker's last its job ends without a result"
                            .formatted(limit, settings.deliveryLimit(), Slot.Crew.POLLERS),
                    "lower jobs.deliveries by "
                            + (most - Integer.parseInt(limit))
                            + ", or raise the broker's"
                            + " group.share.max.delivery.count.limit");
        }
        if (!slow.isEmpty()) {
            return Finding.warn(
                    subject, "a worker that joins waits longer without " + assignments(slow), MEND);
        }
        return Finding.ok(subject, "is set");
    }

    private static String assignments(Map<String, String> values) {
        return values.entrySet().stream()
                .map(e -> e.getKey() + "=" + e.getValue())
                .sorted()
                .collect(Collectors.joining(","));
    }
}
