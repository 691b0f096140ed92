package example.plimsoll.harbour.plan;

import java.util.Map;

/** Why the plan refuses something. */
public sealed class PlanException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private PlanException(String message) {
        super(message);
    }

    /** Fields of a request are wrong. */
    public static final class Invalid extends PlanException {
        private static final long serialVersionUID = 1L;
        private final transient Map<String, String> fields;

        Invalid(Map<String, String> fields) {
            super("invalid request");
            this.fields = Map.copyOf(fields);
        }

        public Map<String, String> fields() {
            return fields;
        }
    }

    /** No berth is long and deep enough, or none is free at that time. */
    public static final class NoBerth extends PlanException {
        private static final long serialVersionUID = 1L;

        NoBerth(String message) {
            super(message);
        }
    }

    /** No port call has the id. */
    public static final class Unknown extends PlanException {
        private static final long serialVersionUID = 1L;

        Unknown() {
            super("no such port call");
        }
    }
}
