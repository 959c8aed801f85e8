/**
 * Kafka in, Kafka out: takes jobs from their topics, has them run, and publishes what became of
 * them.
 *
 * <p>This room owns the wire: the only one that knows Kafka, Avro and the JSON form. {@link
 * boxcar.intake.JobDecoder} turns a record into a job or the reason why there is none; {@link
 * boxcar.intake.ResultCodec} turns what became of it into a record. A job that leaves this room is
 * checked as far as its record and the operator's {@link boxcar.intake.JobRules} can tell.
 *
 * <p>It never runs anything and never judges a run. Bytes from a topic never make it throw: they
 * are a value, a rejection, or a dead letter.
 */
@NullMarked
package boxcar.intake;

import org.jspecify.annotations.NullMarked;
