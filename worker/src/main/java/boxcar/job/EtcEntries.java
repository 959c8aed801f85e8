package boxcar.job;

import java.nio.file.FileSystems;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Which files and directories of the host's {@code /etc} every box sees: tools need them, and they
 * hold no secret.
 *
 * @param patterns paths below {@code /etc}; {@code *} and {@code ?} stand for parts of one name
 */
public record EtcEntries(List<String> patterns) {
    /** What Boxcar writes itself, each for all boxes or for one. */
    public static final Set<String> OWN =
            Set.of(
                    "box",
                    "group",
                    "hostname",
                    "hosts",
                    "mtab",
                    "nix",
                    "nsswitch.conf",
                    "passwd",
                    "resolv.conf");

    /** Paths that hold secrets, or may, on some host. What lies below them is meant, too. */
    private static final Pattern SECRET_PATH =
            Pattern.compile(
                    "(?:g?shadow-?|machine-id|machine-info|environment|environment\\.d|sudoers.*|krb5.*"
                            + "|boxcar.*|kafka.*|ssh|security|docker|containers|kubernetes|rancher|cni|cloud"
                            + "|wireguard|openvpn|ipsec.*|ppp|letsencrypt|NetworkManager|netplan"
                            + "|wpa_supplicant|systemd|credstore.*|cron.*|mysql|postgresql.*|redis|ldap"
                            + "|npmrc|pip\\.conf|wgetrc|gitconfig|maven|apt|dnf|yum.*"
                            + "|pki/consumer|pki/entitlement|pki/nssdb)(?:/.*)?");

    /** Names that private keys and passwords have. */
    private static final Pattern SECRET_NAME =
            Pattern.compile(
                    "private|secrets|.*\\.key|.*\\.keytab|.*key\\.pem|.*\\.p12|.*\\.pfx|.*\\.pgpass|\\.?netrc"
                            + "|id_[a-z0-9]+|.*passwd.*|.*password");

    private static final Pattern PLAIN =
            Pattern.compile("[A-Za-z0-9._+*?-]+(?:/[A-Za-z0-9._+*?-]+)*");

    /** Unless the operator says otherwise. */
    public static final EtcEntries STANDARD =
            new EtcEntries(
                    List.of(
                            // Debian's choice of tools: javac, awk, cc, c++, …
                            "alternatives",
                            // The dynamic loader.
                            "ld.so.cache",
                            "ld.so.conf",
                            "ld.so.conf.d",
                            "ld-musl-*.path",
                            // Certificates of authorities, and what OpenSSL is told.
                            "ssl/certs",
                            "ssl/cert.pem",
                            "ssl/openssl.cnf",
                            "ca-certificates",
                            "ca-certificates.conf",
                            "pki/ca-trust",
                            "pki/java",
                            "pki/tls/cert.pem",
                            "pki/tls/certs",
                            "pki/tls/openssl.cnf",
                            "crypto-policies",
                            // Languages whose own directories have links to here.
                            "java*",
                            "python*",
                            "perl",
                            "R",
                            "mono",
                            "dotnet",
                            "fpc*.cfg",
                            "OpenCL",
                            // Fonts, places, time, names of things.
                            "fonts",
                            "locale.alias",
                            "locale.conf",
                            "locale.gen",
                            "localtime",
                            "timezone",
                            "terminfo",
                            "magic",
                            "magic.mime",
                            "mime.types",
                            "protocols",
                            "services",
                            "rpc",
                            "os-release",
                            "debian_version",
                            "lsb-release"));

    /**
     * @throws IllegalArgumentException if one is no path below /etc, or would show a secret
     */
    public EtcEntries {
        patterns = List.copyOf(patterns);
        for (String pattern : patterns) {
            if (!PLAIN.matcher(pattern).matches()
                    || List.of(pattern.split("/", -1)).contains("..")) {
                throw new IllegalArgumentException(
                        "'"
                                + pattern
                                + "' is no path below /etc of letters, digits, '.', '_', '+', '-', '*', '?'");
            }
            if (OWN.contains(pattern.split("/", -1)[0])) {
                throw new IllegalArgumentException("'" + pattern + "' is written by Boxcar itself");
            }
            if (isSecret(pattern)) {
                throw new IllegalArgumentException("'" + pattern + "' may hold secrets");
            }
        }
    }

    /** Reads paths with ',' or space between them. */
    public static EtcEntries parse(String text) {
        List<String> patterns = new ArrayList<>();
        for (String pattern : text.split("[,\\s]+", -1)) {
            if (!pattern.isEmpty()) {
                patterns.add(pattern);
            }
        }
        return new EtcEntries(patterns);
    }

    /** As {@link #parse} reads it. */
    public String text() {
        return String.join(",", patterns);
    }

    /**
     * Whether no box may see it, whatever the patterns say.
     *
     * @param relative a path below /etc
     */
    public static boolean isSecret(String relative) {
        if (SECRET_PATH.matcher(relative).matches()) {
            return true;
        }
        for (String name : relative.split("/", -1)) {
            if (SECRET_NAME.matcher(name).matches()) {
                return true;
            }
        }
        return false;
    }

    /**
     * Whether a pattern names the path or a directory above it.
     *
     * @param relative a path below /etc
     */
    public boolean covers(Path relative) {
        for (String pattern : patterns) {
            int length = pattern.split("/", -1).length;
            if (relative.getNameCount() >= length
                    && FileSystems.getDefault()
                            .getPathMatcher("glob:" + pattern)
                            .matches(relative.subpath(0, length))) {
                return true;
            }
        }
        return false;
    }
}
