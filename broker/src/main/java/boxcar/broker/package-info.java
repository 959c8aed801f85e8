/**
 * A Kafka broker inside the JVM, for the demo, for {@code dev} and for the tests.
 *
 * <p>Enter by {@link boxcar.broker.EmbeddedBroker}; {@link boxcar.broker.BrokerMain} is the same as
 * a process of its own. This room owns one directory for each broker, and the broker's ports on the
 * loopback. It makes no topics and knows nothing of jobs; the production worker does not carry it.
 */
@NullMarked
package boxcar.broker;

import org.jspecify.annotations.NullMarked;
