package boxcar.files;

import java.io.IOException;
import java.nio.file.FileSystems;
import java.nio.file.attribute.GroupPrincipal;
import java.nio.file.attribute.UserPrincipal;

/** A user and a group that files are given to. To find them takes the system's lists of names. */
public record Owner(UserPrincipal user, GroupPrincipal group) {
    /** By number; nobody needs to have them in a list. */
    public static Owner of(int uid, int gid) throws IOException {
        var lookup = FileSystems.getDefault().getUserPrincipalLookupService();
        return new Owner(
                lookup.lookupPrincipalByName(Integer.toString(uid)),
                lookup.lookupPrincipalByGroupName(Integer.toString(gid)));
    }
}
