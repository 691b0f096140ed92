package example.plimsoll.harbour.plan;

import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.TreeMap;

/** What a ship asks for: a berth from her arrival to her departure. */
public record CallRequest(String ship, Double lengthMetres, Double draughtMetres, Instant arrival, Instant departure) {
    private static final Duration LONGEST = Duration.ofDays(30);

    /** Every field that is wrong, and why. */
    Map<String, String> faults(Instant now) {
        var faults = new TreeMap<String, String>();
        if (ship == null || ship.isBlank() || ship.strip().length() > 80) {
            faults.put("ship", "must have 1 to 80 characters");
        }
        if (lengthMetres == null || !(lengthMetres > 0 && lengthMetres <= 500)) {
            faults.put("lengthMetres", "must be more than 0 and at most 500");
        }
        if (draughtMetres == null || !(draughtMetres > 0 && draughtMetres <= 30)) {
            faults.put("draughtMetres", "must be more than 0 and at most 30");
        }
        if (arrival == null || arrival.isBefore(now)) {
            faults.put("arrival", "must be a time to come, such as 2030-01-31T08:00:00Z");
        }
        if (departure == null) {
            faults.put("departure", "must be a time, such as 2030-01-31T20:00:00Z");
        } else if (arrival != null && !(departure.isAfter(arrival) && within(arrival, departure))) {
            faults.put("departure", "must be after the arrival, by 30 days at most");
        }
        return faults;
    }

    private static boolean within(Instant arrival, Instant departure) {
        return Duration.between(arrival, departure).compareTo(LONGEST) <= 0;
    }
}
