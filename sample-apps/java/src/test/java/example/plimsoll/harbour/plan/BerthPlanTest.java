package example.plimsoll.harbour.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.Test;

class BerthPlanTest {
    private static final Instant NOW = Instant.parse("2026-07-01T12:00:00Z");
    private static final Berth SMALL = new Berth("small", 100, 6);
    private static final Berth LARGE = new Berth("large", 300, 14);

    private final BerthPlan plan =
            new BerthPlan(List.of(LARGE, SMALL), Clock.fixed(NOW, ZoneOffset.UTC), UUID::randomUUID);

    private static CallRequest request(double length, double draught, int from, int to) {
        return new CallRequest(" Fram ", length, draught, hours(from), hours(to));
    }

    private static Instant hours(int count) {
        return NOW.plus(Duration.ofHours(count));
    }

    @Test
    void theSmallestBerthThatFitsIsTaken() {
        assertEquals("small", plan.book(request(80, 5, 1, 9)).berth());
        assertEquals("large", plan.book(request(120, 5, 1, 9)).berth());
    }

    @Test
    void waterMustStayUnderTheKeel() {
        assertEquals("small", plan.book(request(80, 5.5, 1, 2)).berth());
        assertEquals("large", plan.book(request(80, 5.6, 3, 4)).berth());
        assertThrows(PlanException.NoBerth.class, () -> plan.book(request(80, 13.6, 5, 6)));
    }

    @Test
    void aTakenBerthIsTakenForTheWholeStayAndNotLonger() {
        plan.book(request(200, 10, 10, 20));
        for (var hours : new int[][] {{9, 11}, {12, 13}, {19, 21}, {5, 25}}) {
            assertThrows(PlanException.NoBerth.class, () -> plan.book(request(200, 10, hours[0], hours[1])));
        }
        plan.book(request(200, 10, 5, 10));
        plan.book(request(200, 10, 20, 25));
        assertEquals(List.of(hours(5), hours(10), hours(20)), plan.list(null).stream().map(PortCall::arrival).toList());
    }

    @Test
    void everyWrongFieldIsNamed() {
        var empty = new CallRequest(" ", null, Double.NaN, null, null);
        var error = assertThrows(PlanException.Invalid.class, () -> plan.book(empty));
        assertEquals(
                Set.of("ship", "lengthMetres", "draughtMetres", "arrival", "departure"), error.fields().keySet());
        var times = new CallRequest("Fram", 39.0, 4.8, NOW.minusSeconds(1), Instant.MAX);
        var late = assertThrows(PlanException.Invalid.class, () -> plan.book(times));
        assertEquals(Set.of("arrival", "departure"), late.fields().keySet());
    }

    @Test
    void aCancelledCallFreesItsBerth() {
        var call = plan.book(request(200, 10, 1, 2));
        assertEquals("Fram", plan.find(call.id()).ship());
        plan.cancel(call.id());
        assertThrows(PlanException.Unknown.class, () -> plan.find(call.id()));
        assertThrows(PlanException.Unknown.class, () -> plan.cancel(call.id()));
        plan.book(request(200, 10, 1, 2));
    }

    @Test
    void ofManyAtOnceOneGetsTheBerth() {
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int i = 0; i < 200; i++) {
                threads.submit(() -> plan.book(request(200, 10, 1, 2)));
            }
        }
        assertEquals(1, plan.list("large").size());
    }
}
