package boxcar.intake;

import static org.apache.kafka.common.acl.AclOperation.READ;

import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.DescribeShareGroupsOptions;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.errors.GroupAuthorizationException;
import org.apache.kafka.common.errors.GroupIdNotFoundException;
import org.jspecify.annotations.Nullable;

/** What we may do to topics and groups, and how to be given more. */
final class Permissions {
    private Permissions() {}

    /**
     * @param allowed null where the broker has no ACLs: everything
     */
    static Set<AclOperation> missing(
            Set<AclOperation> needed, @Nullable Set<AclOperation> allowed) {
        Set<AclOperation> missing = new TreeSet<>(needed);
        missing.removeAll(allowed == null ? needed : allowed);
        return missing;
    }

    /**
     * @param what as a resource is told to {@code kafka-acls.sh}: {@code topic boxcar.execute}
     */
    static Finding lacking(String what, Set<AclOperation> operations) {
        return Finding.bad(
                what,
                "we may not " + names(operations, " and ") + " it",
                "kafka-acls.sh --add --allow-principal User:… --operation %s --%s (docs/operations.md, Access)"
                        .formatted(names(operations, " --operation "), what));
    }

    /** As {@code kafka-acls.sh} has them: {@code DescribeConfigs}. */
    private static String names(Set<AclOperation> operations, String between) {
        return operations.stream()
                .map(Permissions::name)
                .sorted()
                .collect(Collectors.joining(between));
    }

    private static String name(AclOperation operation) {
        return Arrays.stream(operation.name().split("_", -1))
                .map(word -> word.charAt(0) + word.substring(1).toLowerCase(java.util.Locale.ROOT))
                .collect(Collectors.joining());
    }

    /** A group that nobody has joined yet is not there, which says that we may look. */
    static boolean mayRead(Admin admin, String group) throws InterruptedException {
        var options = new DescribeShareGroupsOptions().includeAuthorizedOperations(true);
        var described =
                admin.describeShareGroups(List.of(group), options).describedGroups().get(group);
        if (described == null) {
            return true;
        }
        try {
            return missing(Set.of(READ), AdminCalls.get(described).authorizedOperations())
                    .isEmpty();
        } catch (GroupIdNotFoundException e) {
            return true;
        } catch (GroupAuthorizationException e) {
            return false;
        }
    }
}
