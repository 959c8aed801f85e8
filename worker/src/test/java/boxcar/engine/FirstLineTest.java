package boxcar.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class FirstLineTest {
    @ParameterizedTest
    @ValueSource(
            strings = {
                "exec ./program",
                "#!/bin/sh",
                "#!/bin/sh -e\nexit",
                "#! /bin/bash\nexit",
                "#!/usr/bin/env python3\n",
                "#!/usr/bin/env -S python3 -u\n",
                "echo a\r\necho b\r\n",
                ""
            })
    void aScriptThatSomeHostCanStartIsNoTrouble(String script) {
        assertEquals(Optional.empty(), FirstLine.trouble(script));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "#!/bin/sh%rexit | ends with LF alone",
                "#!/usr/bin/env python3%rexit | ends with LF alone",
                "#! | an interpreter after '#!'",
                "#!  %n/bin/sh | an interpreter after '#!'",
                "#!python3%n | absolute path",
                "#!./run%n | absolute path",
                "#!/usr/bin/env%n | a program after '/usr/bin/env'",
                "#!/usr/bin/env python3 -u%n | '/usr/bin/env -S python3 -u'",
                "%f#!/bin/sh%n | byte order mark"
            })
    void aScriptThatNoHostCanStartIsToldWhy(String script, String cause) {
        String text = script.replace("%r", "\r\n").replace("%n", "\n").replace("%f", "\uFEFF");

        String trouble = FirstLine.trouble(text).orElse("none");

        assertEquals(cause, trouble.contains(cause) ? cause : trouble);
    }

    @Test
    void anInterpreterMustEndWhereTheKernelStillReads() {
        String most = "#!/" + "x".repeat(252);

        assertEquals(Optional.empty(), FirstLine.trouble(most.substring(0, 254) + "\n"));
        assertEquals(
                Optional.of("must name its interpreter in the first 255 bytes of its first line"),
                FirstLine.trouble(most + "\n"));
    }

    @Test
    void whatIsNotShownIsSpelled() {
        assertEquals("#!/bin/sh\\r", FirstLine.shown("#!/bin/sh\r\nexit\r\n"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "#!/usr/bin/env python3 | python3",
                "#!/usr/bin/env -S python3 -u | python3",
                "#!/usr/bin/env -S A=b perl | perl",
                "#!/usr/bin/env -i perl | ''",
                "#!/bin/sh -e | ''"
            })
    void whatEnvSearchesIsKnown(String script, String searched) {
        assertEquals(searched, FirstLine.of(script).searched());
    }
}
