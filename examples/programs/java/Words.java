import java.util.Comparator;
import java.util.Map;
import java.util.Scanner;
import java.util.TreeMap;

/** Counts the words on standard input, the most frequent first. */
public class Main {
    public static void main(String[] args) {
        Map<String, Integer> count = new TreeMap<>();
        new Scanner(System.in).forEachRemaining(word -> count.merge(word, 1, Integer::sum));
        count.entrySet().stream()
                .sorted(Map.Entry.<String, Integer>comparingByValue(Comparator.reverseOrder()))
                .forEach(entry -> System.out.println(entry.getValue() + " " + entry.getKey()));
    }
}
