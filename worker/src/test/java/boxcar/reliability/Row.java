package boxcar.reliability;

import java.lang.reflect.Method;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.platform.commons.support.HierarchyTraversalMode;
import org.junit.platform.commons.support.ReflectionSupport;

/**
 * One test that breaks something: the left of a row of the page.
 *
 * @param test the class that has it, and its method
 * @param soak only the profile for soaks runs it, and nothing else
 */
record Row(String tried, String must, String test, boolean soak) {
    Row {
        if ((tried + must).matches("(?s).*[|\n].*")) {
            throw new IllegalArgumentException(test + ": no bars or line ends, they end a cell");
        }
    }

    static String test(Method method) {
        return method.getDeclaringClass().getSimpleName() + "." + method.getName();
    }

    /** The class that has the test. */
    String declaring() {
        return test.substring(0, test.indexOf('.'));
    }

    /** All that there are. */
    static List<Row> all() {
        return ReflectionSupport.findAllClassesInPackage(
                        "boxcar", type -> type.getEnclosingClass() == null, _ -> true)
                .stream()
                .flatMap(Row::of)
                .distinct()
                .toList();
    }

    private static Stream<Row> of(Class<?> type) {
        return ReflectionSupport.findMethods(
                        type,
                        method -> method.isAnnotationPresent(Tried.class),
                        HierarchyTraversalMode.TOP_DOWN)
                .stream()
                .map(method ->
                        new Row(
                                method.getAnnotation(Tried.class).value(),
                                Objects.requireNonNull(
                                                method.getAnnotation(Must.class), method::toString)
                                        .value(),
                                test(method),
                                isTagged(method, "soak")));
    }

    private static boolean isTagged(Method method, String tag) {
        return Stream.of(method, method.getDeclaringClass())
                .flatMap(place -> Stream.of(place.getAnnotationsByType(Tag.class)))
                .anyMatch(found -> found.value().equals(tag));
    }

    String left() {
        return "| " + tried + " | " + must + " | `" + test + "` |";
    }
}
