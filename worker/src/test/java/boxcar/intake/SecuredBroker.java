package boxcar.intake;

import boxcar.broker.EmbeddedBroker;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ScramCredentialInfo;
import org.apache.kafka.clients.admin.ScramMechanism;
import org.apache.kafka.clients.admin.UserScramCredentialUpsertion;
import org.apache.kafka.common.acl.AclBinding;
import org.apache.kafka.common.acl.AclBindingFilter;

/**
 * A real broker whose clients need TLS, a password (SCRAM-SHA-512) and an ACL for whatever they do.
 * Its certificate is made anew each time. Whoever administers it comes in by the broker's own
 * listener.
 */
public final class SecuredBroker implements AutoCloseable {
    private static final String STORE_PASSWORD = "made-by-the-test";
    private static final String MECHANISM = "SCRAM-SHA-512";

    private final Path folder;
    private final EmbeddedBroker broker;
    private final Admin admin;

    public SecuredBroker(Path folder) throws Exception {
        this.folder = folder;
        certificate("server");
        certificate("stranger");
        this.broker = EmbeddedBroker.start(folder.resolve("kafka"), 0, properties());
        this.admin = Admin.create(Map.of("bootstrap.servers", broker.internalServers()));
    }

    private Map<String, String> properties() {
        Map<String, String> properties = new HashMap<>();
        properties.put(
                "listener.security.protocol.map",
                "CLIENT:SASL_SSL,INTERNAL:PLAINTEXT,CONTROLLER:PLAINTEXT");
        properties.put("listener.name.client.sasl.enabled.mechanisms", MECHANISM);
        properties.put(
                "listener.name.client.scram-sha-512.sasl.jaas.config",
                "org.apache.kafka.common.security.scram.ScramLoginModule required;");
        properties.put("listener.name.client.ssl.keystore.type", "PKCS12");
        properties.put("listener.name.client.ssl.keystore.location", store("server").toString());
        properties.put("listener.name.client.ssl.keystore.password", STORE_PASSWORD);
        properties.put(
                "authorizer.class.name", "org.apache.kafka.metadata.authorizer.StandardAuthorizer");
        properties.put("allow.everyone.if.no.acl.found", "false");
        // The admin, and the broker itself, come in without a name by the listener INTERNAL.
        properties.put("super.users", "User:ANONYMOUS;User:admin");
        return properties;
    }

    /** A key with its certificate for the loopback, and a store of those who trust it. */
    private void certificate(String name) throws Exception {
        keytool(
                "-genkeypair",
                "-alias",
                name,
                "-keyalg",
                "EC",
                "-groupname",
                "secp256r1",
                "-dname",
                "CN=" + name,
                "-validity",
                "2",
                "-ext",
                "SAN=ip:127.0.0.1,dns:localhost",
                "-storetype",
                "PKCS12",
                "-keystore",
                store(name).toString(),
                "-storepass",
                STORE_PASSWORD);
        Path certificate = folder.resolve(name + ".pem");
        keytool(
                "-exportcert",
                "-rfc",
                "-alias",
                name,
                "-keystore",
                store(name).toString(),
                "-storepass",
                STORE_PASSWORD,
                "-file",
                certificate.toString());
        keytool(
                "-importcert",
                "-noprompt",
                "-alias",
                name,
                "-storetype",
                "PKCS12",
                "-keystore",
                trust(name).toString(),
                "-storepass",
                STORE_PASSWORD,
                "-file",
                certificate.toString());
    }

    private static void keytool(String... arguments) throws Exception {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "keytool").toString());
        command.addAll(Arrays.asList(arguments));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        process.getOutputStream().close();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (process.waitFor() != 0) {
            throw new IOException("keytool: " + said);
        }
    }

    private Path store(String name) {
        return folder.resolve(name + ".p12");
    }

    private Path trust(String name) {
        return folder.resolve(name + "-trust.p12");
    }

    /** A trust store that does not hold the broker's certificate. */
    public Path strangersTrust() {
        return trust("stranger");
    }

    public String bootstrapServers() {
        return broker.bootstrapServers();
    }

    public Admin admin() {
        return admin;
    }

    /** What the admin's clients need: no password, no ACLs. */
    public Map<String, String> adminSettings() {
        return Map.of("bootstrap.servers", broker.internalServers());
    }

    /** Makes a user and waits until the broker knows it. */
    public void user(String name, String password) throws Exception {
        admin.alterUserScramCredentials(
                        List.of(
                                new UserScramCredentialUpsertion(
                                        name,
                                        new ScramCredentialInfo(ScramMechanism.SCRAM_SHA_512, 4096),
                                        password)))
                .all()
                .get(120, TimeUnit.SECONDS);
    }

    /** What a client of that user is told. */
    public Map<String, String> settings(String user, String password) {
        return Map.of(
                "bootstrap.servers",
                bootstrapServers(),
                "security.protocol",
                "SASL_SSL",
                "ssl.truststore.type",
                "PKCS12",
                "ssl.truststore.location",
                trust("server").toString(),
                "ssl.truststore.password",
                STORE_PASSWORD,
                "sasl.mechanism",
                MECHANISM,
                "sasl.jaas.config",
                "org.apache.kafka.common.security.scram.ScramLoginModule required username=\""
                        + user
                        + "\" password=\""
                        + password
                        + "\";");
    }

    /** The same as a file of Boxcar's configuration. */
    public Path file(String name, Map<String, String> settings) throws IOException {
        StringBuilder text = new StringBuilder();
        settings.forEach((key, value) ->
                text.append("kafka.").append(key).append('=').append(value).append('\n'));
        return Files.writeString(folder.resolve(name + ".properties"), text);
    }

    public void grant(Collection<AclBinding> acls) throws Exception {
        admin.createAcls(acls).all().get(120, TimeUnit.SECONDS);
    }

    public void revoke(AclBinding acl) throws Exception {
        admin.deleteAcls(
                        List.of(
                                new AclBindingFilter(
                                        acl.pattern().toFilter(), acl.entry().toFilter())))
                .all()
                .get(120, TimeUnit.SECONDS);
    }

    @Override
    public void close() {
        admin.close();
        broker.close();
    }
}
