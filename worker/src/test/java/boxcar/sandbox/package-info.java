@NullMarked
package boxcar.sandbox;

import org.jspecify.annotations.NullMarked;
