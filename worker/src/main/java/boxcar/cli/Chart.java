package boxcar.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Bars, in panels that each have a scale of their own, as SVG. */
final class Chart {
    private static final int WIDTH = 760;
    private static final int LEFT = 210;
    private static final int LONGEST = 350;
    private static final int ROW = 22;
    private static final int HEAD = 44;

    private static final String EDGED =
            "stroke=\"white\" stroke-width=\"3\" paint-order=\"stroke\"";

    private final String title;
    private final List<Panel> panels = new ArrayList<>();

    Chart(String title) {
        this.title = title;
    }

    /** What a bar stands for. */
    enum Ink {
        OURS("#3b6ea5"),
        BESIDE("#b9c0c7"),
        ADDED("#d08a3e");

        private final String colour;

        Ink(String colour) {
            this.colour = colour;
        }
    }

    /**
     * @param value its length, in the panel's scale
     * @param text what stands behind it
     */
    record Bar(String label, double value, String text, Ink ink) {
        static Bar of(String label, double value, Ink ink) {
            return new Bar(label, value, number(value), ink);
        }
    }

    /**
     * A line across a panel.
     *
     * @param value where, in the panel's scale
     */
    record Mark(double value, String text) {}

    private record Panel(String title, List<Bar> bars, @Nullable Mark mark) {
        int height() {
            return HEAD + ROW * bars.size() + 8;
        }

        double most() {
            double most = mark == null ? 0 : mark.value;
            for (Bar bar : bars) {
                most = Math.max(most, bar.value);
            }
            return most > 0 ? most : 1;
        }
    }

    Chart panel(String title, List<Bar> bars) {
        panels.add(new Panel(title, List.copyOf(bars), null));
        return this;
    }

    Chart panel(String title, List<Bar> bars, Mark mark) {
        panels.add(new Panel(title, List.copyOf(bars), mark));
        return this;
    }

    String svg() {
        int height = 40;
        for (Panel panel : panels) {
            height += panel.height();
        }
        StringBuilder svg = new StringBuilder();
        line(
                svg,
                String.format(
                        Locale.ROOT,
                        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\""
                                + " font-family=\"sans-serif\" font-size=\"12\">",
                        WIDTH,
                        height));
        line(
                svg,
                String.format(
                        Locale.ROOT,
                        "<rect width=\"%d\" height=\"%d\" fill=\"white\"/>",
                        WIDTH,
                        height));
        text(svg, 12, 24, "font-size=\"15\" font-weight=\"bold\"", title);
        int y = 34;
        for (Panel panel : panels) {
            draw(svg, panel, y);
            y += panel.height();
        }
        return svg.append("</svg>\n").toString();
    }

    private static void draw(StringBuilder svg, Panel panel, int top) {
        double unit = LONGEST / panel.most();
        text(svg, 12, top + 22, "font-weight=\"bold\" fill=\"#333\"", panel.title);
        // The line lies on the bars, and what is written on both.
        StringBuilder written = new StringBuilder();
        int y = top + HEAD;
        for (Bar bar : panel.bars) {
            long length = Math.max(1, Math.round(bar.value * unit));
            line(
                    svg,
                    String.format(
                            Locale.ROOT,
                            "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" fill=\"%s\"/>",
                            LEFT,
                            y + 2,
                            length,
                            ROW - 5,
                            bar.ink.colour));
            text(written, LEFT - 8, y + 14, "text-anchor=\"end\"", bar.label);
            text(written, LEFT + length + 6, y + 14, EDGED, bar.text);
            y += ROW;
        }
        Mark mark = panel.mark;
        if (mark != null) {
            long x = LEFT + Math.round(mark.value * unit);
            line(
                    svg,
                    String.format(
                            Locale.ROOT,
                            "<path d=\"M%d %dV%d\" stroke=\"#b03030\" stroke-dasharray=\"4 3\"/>",
                            x,
                            top + HEAD - 4,
                            y));
            text(
                    written,
                    x,
                    top + HEAD - 7,
                    "fill=\"#b03030\" text-anchor=\"middle\" font-size=\"11\"",
                    mark.text);
        }
        svg.append(written);
    }

    private static void text(StringBuilder svg, long x, int y, String style, String text) {
        line(
                svg,
                String.format(
                        Locale.ROOT,
                        "<text x=\"%d\" y=\"%d\" %s>%s</text>",
                        x,
                        y,
                        style,
                        escaped(text)));
    }

    private static void line(StringBuilder svg, String line) {
        svg.append(line).append('\n');
    }

    private static String escaped(String text) {
        return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
    }

    /** Three digits that count, for people. */
    static String number(double value) {
        if (value >= 100) {
            return String.format(Locale.ROOT, "%,d", Math.round(value));
        }
        return String.format(Locale.ROOT, value >= 10 ? "%.1f" : "%.2f", value);
    }
}
