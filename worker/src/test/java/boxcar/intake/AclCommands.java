package boxcar.intake;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import org.apache.kafka.common.acl.AccessControlEntry;
import org.apache.kafka.common.acl.AclBinding;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.acl.AclPermissionType;
import org.apache.kafka.common.resource.PatternType;
import org.apache.kafka.common.resource.ResourcePattern;
import org.apache.kafka.common.resource.ResourceType;

/** The {@code kafka-acls.sh} commands of the page for operators, as ACLs. */
public final class AclCommands {
    private static final Path PAGE = Path.of("..", "docs", "operations.md");

    private AclCommands() {}

    /** What the page gives to a user; each operation on each resource is one. */
    public static List<AclBinding> of(String user) throws IOException {
        List<AclBinding> acls = new ArrayList<>();
        String page = Files.readString(PAGE).replaceAll("\\\\\\R\\s*", " ");
        page.lines()
                .map(String::strip)
                .filter(line -> line.startsWith("kafka-acls.sh $ADMIN --add "))
                .filter(line -> line.contains("--allow-principal User:" + user + " "))
                .forEach(line -> read(line, acls));
        if (acls.isEmpty()) {
            throw new AssertionError(PAGE + " has no ACLs for " + user);
        }
        return List.copyOf(acls);
    }

    private static void read(String line, List<AclBinding> acls) {
        List<AclOperation> operations = new ArrayList<>();
        List<ResourcePattern> resources = new ArrayList<>();
        String principal = "";
        Iterator<String> words = Arrays.stream(line.split("\\s+", -1)).skip(3).iterator();
        while (words.hasNext()) {
            String option = words.next();
            String value = words.next();
            switch (option) {
                case "--allow-principal" -> principal = value;
                case "--operation" -> operations.add(operation(value));
                case "--topic" -> resources.add(resource(ResourceType.TOPIC, value));
                case "--group" -> resources.add(resource(ResourceType.GROUP, value));
                default -> throw new AssertionError("not expected: " + option + " in " + line);
            }
        }
        for (ResourcePattern resource : resources) {
            for (AclOperation operation : operations) {
                acls.add(
                        new AclBinding(
                                resource,
                                new AccessControlEntry(
                                        principal, "*", operation, AclPermissionType.ALLOW)));
            }
        }
    }

    /** {@code DescribeConfigs} is {@code DESCRIBE_CONFIGS}. */
    private static AclOperation operation(String name) {
        return AclOperation.valueOf(
                name.replaceAll("(?<=[a-z])(?=[A-Z])", "_").toUpperCase(java.util.Locale.ROOT));
    }

    private static ResourcePattern resource(ResourceType type, String name) {
        return new ResourcePattern(type, name, PatternType.LITERAL);
    }
}
