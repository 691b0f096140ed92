package example.plimsoll.harbour;

import java.util.UUID;

/** Where the ids of port calls come from. plimsoll's dependency edit puts another generator here. */
public final class Ids {
    private Ids() {}

    public static UUID next() {
        return UUID.randomUUID();
    }
}
