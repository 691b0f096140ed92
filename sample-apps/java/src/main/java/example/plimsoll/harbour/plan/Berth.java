package example.plimsoll.harbour.plan;

import java.util.List;

/** A place at the quay, and the largest ship that it takes. */
public record Berth(String name, double lengthMetres, double depthMetres) {
    /** The berths of this harbour. */
    public static final List<Berth> HARBOUR = List.of(
            new Berth("fish-quay", 90, 5.5),
            new Berth("old-pier", 180, 9),
            new Berth("coal-quay", 240, 12.5),
            new Berth("deep-quay", 400, 17));

    /** Water that must stay under the keel. */
    private static final double CLEARANCE_METRES = 0.5;

    boolean fits(CallRequest ship) {
        return ship.lengthMetres() <= lengthMetres && ship.draughtMetres() + CLEARANCE_METRES <= depthMetres;
    }
}
