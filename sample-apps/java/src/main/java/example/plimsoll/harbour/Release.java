package example.plimsoll.harbour;

/** Names the build that answers; {@code /health} reports it. plimsoll's source edit rewrites this string. */
public final class Release {
    public static final String NAME = "unreleased";

    private Release() {}
}
