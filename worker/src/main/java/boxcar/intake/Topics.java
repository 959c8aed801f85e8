package boxcar.intake;

import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.GroupAuthorizationException;
import org.apache.kafka.common.errors.InvalidConfigurationException;
import org.apache.kafka.common.errors.InvalidRequestException;
import org.apache.kafka.common.errors.TopicAuthorizationException;
import org.apache.kafka.common.errors.TopicExistsException;

/** Makes and checks Boxcar's topics and share groups in a Kafka cluster. */
public final class Topics {
    /** A broker that has just started may be slow to answer, and may drop what it was asked. */
    private static final Duration CREATING = Duration.ofMinutes(2);

    /** After this time the request is sent again. A topic that exists already does no harm. */
    private static final Duration EACH = Duration.ofSeconds(20);

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
        try (Admin admin = new KafkaClients(settings).admin("boxcar-topics", CREATING, EACH)) {
            for (TopicPlan plan : TopicPlan.all(settings)) {
                progress.accept(make(admin, plan, (short) replication));
            }
            GroupSettings wanted = new GroupSettings(AdminCalls.brokerConfig(admin));
            for (JobTopic kind : JobTopic.values()) {
                set(admin, settings.topics().group(kind), wanted, progress);
            }
        }
    }

    private static String make(Admin admin, TopicPlan plan, short replication)
            throws InterruptedException {
        NewTopic topic = new NewTopic(plan.name(), TopicPlan.PARTITIONS, replication);
        try {
            AdminCalls.get(admin.createTopics(List.of(topic.configs(plan.made()))).all());
            return "made topic " + plan.name();
        } catch (TopicExistsException e) {
            return "topic " + plan.name() + " is there already";
        } catch (TopicAuthorizationException e) {
            // The broker does not say which.
            throw new TopicAuthorizationException(Set.of(plan.name()));
        }
    }

    private void set(Admin admin, String group, GroupSettings wanted, Consumer<String> progress)
            throws InterruptedException {
        boolean changed;
        try {
            changed = setAll(admin, group, wanted, progress);
        } catch (GroupAuthorizationException e) {
            // The broker does not say which.
            throw GroupAuthorizationException.forGroupId(group);
        }
        progress.accept(changed ? "set group " + group : "group " + group + " is set already");
    }

    private boolean setAll(
            Admin admin, String group, GroupSettings wanted, Consumer<String> progress)
            throws InterruptedException {
        Config now = AdminCalls.groupConfig(admin, group);
        boolean changed = alter(admin, group, AdminCalls.missing(now, wanted.needed(settings)));
        for (Map.Entry<String, String> one : AdminCalls.missing(now, wanted.quicker()).entrySet()) {
            try {
                changed |= alter(admin, group, Map.of(one.getKey(), one.getValue()));
            } catch (InvalidConfigurationException | InvalidRequestException e) {
                progress.accept("group " + group + ": this broker does not take " + one.getKey());
            }
        }
        return changed;
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
        AdminCalls.get(
                admin.incrementalAlterConfigs(Map.of(AdminCalls.groupResource(group), changes))
                        .all());
        return true;
    }

    /** What is not as a worker needs it, with its mend. Never throws for Kafka. */
    public List<Finding> check() throws InterruptedException {
        return new TopicCheck(settings).findings();
    }
}
