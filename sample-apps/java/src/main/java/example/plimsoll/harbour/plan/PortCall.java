package example.plimsoll.harbour.plan;

import java.time.Instant;
import java.util.UUID;

/** A booked stay of a ship at a berth. */
public record PortCall(UUID id, String ship, String berth, Instant arrival, Instant departure) {
    boolean overlaps(Instant from, Instant to) {
        return arrival.isBefore(to) && from.isBefore(departure);
    }
}
