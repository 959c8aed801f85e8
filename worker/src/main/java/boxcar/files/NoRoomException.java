package boxcar.files;

import java.nio.file.FileSystemException;

/** The file system, or what a user may have of it, has no room left for this. */
final class NoRoomException extends FileSystemException {
    NoRoomException(String file, String reason) {
        super(file, null, reason);
    }
}
