package boxcar.intake;

import java.util.List;

/** What Boxcar's topics and groups are called. */
record TopicNames(String prefix) {
    String jobs(JobTopic kind) {
        return switch (kind) {
            case INSTALL -> prefix + ".install";
            case EXECUTE -> prefix + ".execute";
        };
    }

    /** The share group that takes the jobs of a topic. */
    String group(JobTopic kind) {
        return switch (kind) {
            case INSTALL -> prefix + "-install";
            case EXECUTE -> prefix + "-execute";
        };
    }

    String results() {
        return prefix + ".results";
    }

    String runtimes() {
        return prefix + ".runtimes";
    }

    String progress() {
        return prefix + ".progress";
    }

    String control() {
        return prefix + ".control";
    }

    String deadLetters() {
        return prefix + ".dead-letters";
    }

    List<String> all() {
        return List.of(
                jobs(JobTopic.INSTALL),
                jobs(JobTopic.EXECUTE),
                results(),
                runtimes(),
                progress(),
                control(),
                deadLetters());
    }
}
