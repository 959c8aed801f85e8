package boxcar.intake;

import boxcar.job.Fault;
import org.apache.kafka.clients.producer.ProducerRecord;

/** Writes records durably. Safe for many threads. */
interface Outbox {
    /**
     * Returns once the record is acknowledged by all replicas that must have it.
     *
     * @return its offset
     * @throws RefusedRecordException if this record will never be taken
     * @throws Fault of step {@code publish} if it is not known to be written; it may be all the
     *     same
     */
    long publish(ProducerRecord<byte[], byte[]> record)
            throws Fault, RefusedRecordException, InterruptedException;

    /** The broker does not take this record: it is too large. */
    final class RefusedRecordException extends Exception {
        RefusedRecordException(String message, Throwable cause) {
            super(message, cause);
        }
    }
}
