import java.util.ArrayList;
import java.util.List;

/** Fills its heap: Java itself ends the program, before the limit of the job does. */
public class Main {
    public static void main(String[] args) {
        List<byte[]> kept = new ArrayList<>();
        while (true) {
            kept.add(new byte[8 << 20]);
            System.out.println(kept.size() * 8 + " MiB");
        }
    }
}
