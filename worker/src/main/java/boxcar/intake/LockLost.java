package boxcar.intake;

/** The lock on a record is not ours any more: what was found out about its job is not told. */
final class LockLost extends InterruptedException {
    LockLost(String place, String why) {
        super("the lock on " + place + " is lost: " + why);
    }
}
