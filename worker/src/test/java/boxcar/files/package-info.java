@NullMarked
package boxcar.files;

import org.jspecify.annotations.NullMarked;
