import java.nio.file.Files;
import java.nio.file.Path;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.flywaydb.core.Flyway;
import org.jooq.codegen.GenerationTool;
import org.jooq.meta.jaxb.Configuration;
import org.jooq.meta.jaxb.Database;
import org.jooq.meta.jaxb.ForcedType;
import org.jooq.meta.jaxb.Generate;
import org.jooq.meta.jaxb.Generator;
import org.jooq.meta.jaxb.Jdbc;
import org.jooq.meta.jaxb.Logging;
import org.jooq.meta.jaxb.Target;

/** Runs the migrations (first argument) on a new SQLite file and generates jOOQ classes from it (second). */
class GenerateJooq {
    public static void main(String[] args) throws Exception {
        System.setProperty("org.jooq.no-logo", "true");
        System.setProperty("org.jooq.no-tips", "true");
        Logger.getLogger("").setLevel(Level.WARNING);
        Path folder = Files.createTempDirectory("boxcar-jooq");
        Path file = folder.resolve("schema.sqlite");
        String url = "jdbc:sqlite:" + file;
        Flyway.configure().dataSource(url, "", "").locations("filesystem:" + args[0]).load().migrate();
        GenerationTool.generate(new Configuration()
                .withLogging(Logging.WARN)
                .withJdbc(new Jdbc().withDriver("org.sqlite.JDBC").withUrl(url))
                .withGenerator(new Generator()
                        .withDatabase(new Database()
                                .withName("org.jooq.meta.sqlite.SQLiteDatabase")
                                .withExcludes("sqlite_.*|flyway_.*")
                                // SQLite's INTEGER has 64 bits; jOOQ would make it Integer and cut.
                                .withForcedTypes(new ForcedType().withName("BIGINT").withIncludeTypes("(?i:integer)")))
                        .withGenerate(new Generate().withGeneratedAnnotation(false).withGlobalObjectReferences(true))
                        .withTarget(new Target().withPackageName("boxcar.jooq").withDirectory(args[1]))));
        Files.deleteIfExists(file);
        Files.deleteIfExists(folder);
    }
}
