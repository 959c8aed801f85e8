package boxcar.files;

/**
 * A user and a group that files are given to, by number: nobody needs to have them in a list.
 *
 * @param user at least 0
 * @param group at least 0
 */
public record Owner(int user, int group) {}
