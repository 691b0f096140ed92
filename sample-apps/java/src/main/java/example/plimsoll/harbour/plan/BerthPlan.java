package example.plimsoll.harbour.plan;

import java.time.Clock;
import java.time.Instant;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.Supplier;

/** Who lies where and when, held in memory. Safe for use by many threads at once. */
public final class BerthPlan {
    private final List<Berth> berths;
    private final Clock clock;
    private final Supplier<UUID> ids;
    private final Map<UUID, PortCall> calls = new HashMap<>();

    public BerthPlan(List<Berth> berths, Clock clock, Supplier<UUID> ids) {
        // The smallest first: a coaster must not take the place of a tanker.
        this.berths = berths.stream().sorted(Comparator.comparingDouble(Berth::lengthMetres)).toList();
        this.clock = clock;
        this.ids = ids;
    }

    /** Books the smallest berth that fits the ship and is free for the whole stay. */
    public synchronized PortCall book(CallRequest request) {
        var faults = request.faults(clock.instant());
        if (!faults.isEmpty()) {
            throw new PlanException.Invalid(faults);
        }
        var fitting = berths.stream().filter(berth -> berth.fits(request)).toList();
        if (fitting.isEmpty()) {
            throw new PlanException.NoBerth("no berth takes a ship of this length and draught");
        }
        var berth = fitting.stream()
                .filter(candidate -> isFree(candidate, request.arrival(), request.departure()))
                .findFirst()
                .orElseThrow(() -> new PlanException.NoBerth("every berth that fits is taken at that time"));
        var call = new PortCall(
                ids.get(), request.ship().strip(), berth.name(), request.arrival(), request.departure());
        calls.put(call.id(), call);
        return call;
    }

    public synchronized PortCall find(UUID id) {
        var call = calls.get(id);
        if (call == null) {
            throw new PlanException.Unknown();
        }
        return call;
    }

    /** The booked calls by arrival; those of one berth if a name is given. */
    public synchronized List<PortCall> list(String berth) {
        return calls.values().stream()
                .filter(call -> berth == null || call.berth().equals(berth))
                .sorted(Comparator.comparing(PortCall::arrival).thenComparing(PortCall::id))
                .toList();
    }

    public synchronized void cancel(UUID id) {
        if (calls.remove(id) == null) {
            throw new PlanException.Unknown();
        }
    }

    public List<Berth> berths() {
        return berths;
    }

    private boolean isFree(Berth berth, Instant from, Instant to) {
        return calls.values().stream().noneMatch(call -> call.berth().equals(berth.name()) && call.overlaps(from, to));
    }
}
