package boxcar;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static java.util.Map.entry;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaPackage;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.library.dependencies.SlicesRuleDefinition;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** The plan of the house: which room may open which door. A new door is a change to this test. */
class RoomPlanTest {
    /** Room, then the rooms whose doors it may open. */
    private static final Map<String, Set<String>> PLAN =
            Map.ofEntries(
                    entry("job", Set.of()),
                    entry("libc", Set.of()),
                    entry("process", Set.of("libc")),
                    entry("files", Set.of("libc")),
                    entry("config", Set.of("job")),
                    entry("metrics", Set.of("job")),
                    entry("sandbox", Set.of("job", "process", "files")),
                    entry("runtime", Set.of("job", "process", "files")),
                    entry("engine", Set.of("job", "files")),
                    entry("intake", Set.of("job")),
                    entry(
                            "cli",
                            Set.of(
                                    "job", "config", "metrics", "sandbox", "runtime", "engine",
                                    "intake", "files", "process")));

    /** Which rooms may use which libraries. What every room may use is not listed. */
    private static final Map<String, Set<String>> LIBRARIES =
            Map.of(
                    "org.apache.kafka..", Set.of("intake"),
                    "org.apache.avro..", Set.of("intake"),
                    "boxcar.schema..", Set.of("intake"),
                    "org.jooq..", Set.of("runtime"),
                    "boxcar.jooq..", Set.of("runtime"),
                    "org.flywaydb..", Set.of("runtime"),
                    "java.sql..", Set.of("runtime"),
                    "java.lang.foreign..", Set.of("libc", "process", "files"),
                    "io.prometheus..", Set.of("metrics"),
                    "picocli..", Set.of("cli"));

    private static final JavaClasses HOUSE =
            new ClassFileImporter()
                    .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
                    .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_JARS)
                    .importPackages("boxcar")
                    .that(
                            not(
                                    resideInAnyPackage(
                                            "boxcar.schema..",
                                            "boxcar.jooq..",
                                            "boxcar.broker..")));

    @Test
    void everyRoomIsOnThePlan() {
        Set<String> rooms =
                HOUSE.stream()
                        .map(type -> type.getPackageName())
                        .filter(name -> !name.equals("boxcar"))
                        .map(name -> name.split("\\.", -1)[1])
                        .collect(Collectors.toCollection(TreeSet::new));
        assertEquals(new TreeSet<>(PLAN.keySet()), rooms);
    }

    @Test
    void noRoomOpensADoorThatIsNotOnThePlan() {
        PLAN.forEach((room, doors) -> {
            String[] closed =
                    PLAN.keySet().stream()
                            .filter(other -> !other.equals(room) && !doors.contains(other))
                            .map(other -> "boxcar." + other + "..")
                            .toArray(String[]::new);
            if (closed.length > 0) {
                noClasses()
                        .that()
                        .resideInAPackage("boxcar." + room + "..")
                        .should()
                        .dependOnClassesThat()
                        .resideInAnyPackage(closed)
                        .check(HOUSE);
            }
        });
    }

    @Test
    void librariesStayInTheirRooms() {
        LIBRARIES.forEach((library, rooms) ->
                noClasses()
                        .that()
                        .resideOutsideOfPackages(
                                rooms.stream()
                                        .map(room -> "boxcar." + room + "..")
                                        .toArray(String[]::new))
                        .and()
                        .resideInAPackage("boxcar..")
                        .should()
                        .dependOnClassesThat()
                        .resideInAPackage(library)
                        .check(HOUSE));
    }

    @Test
    void theWordsAndTheLowestRoomsKnowNothingButJava() {
        classes()
                .that()
                .resideInAnyPackage(
                        "boxcar.job..", "boxcar.libc..", "boxcar.process..", "boxcar.files..")
                .should()
                .onlyDependOnClassesThat(
                        resideInAnyPackage(
                                "java..",
                                "org.jspecify..",
                                "boxcar.job..",
                                "boxcar.libc..",
                                "boxcar.process..",
                                "boxcar.files.."))
                .check(HOUSE);
    }

    @Test
    void noRoomsGoRoundInACircle() {
        SlicesRuleDefinition.slices()
                .matching("boxcar.(*)..")
                .should()
                .beFreeOfCycles()
                .check(HOUSE);
    }

    @Test
    void everyRoomHasASign() {
        for (String room : PLAN.keySet()) {
            JavaPackage door = HOUSE.getPackage("boxcar." + room);
            assertTrue(
                    door.isAnnotatedWith("org.jspecify.annotations.NullMarked"),
                    room + " lacks a package-info.java with @NullMarked");
        }
    }
}
