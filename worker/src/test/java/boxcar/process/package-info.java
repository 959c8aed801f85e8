@NullMarked
package boxcar.process;

import org.jspecify.annotations.NullMarked;
