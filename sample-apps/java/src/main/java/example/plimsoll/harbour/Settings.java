package example.plimsoll.harbour;

import java.time.Duration;
import java.util.List;
import java.util.Map;

/** The settings of the server, from the environment. {@code logback.xml} reads {@code LOG_LEVEL} itself. */
public record Settings(int port, Duration grace) {
    private static final List<String> LEVELS = List.of("TRACE", "DEBUG", "INFO", "WARN", "ERROR", "OFF");

    /**
     * @throws IllegalArgumentException names the variable that is wrong
     */
    public static Settings read(Map<String, String> environment) {
        // Logback would take a level that it does not know for DEBUG.
        var level = environment.getOrDefault("LOG_LEVEL", "INFO");
        if (!LEVELS.contains(level)) {
            throw wrong("LOG_LEVEL", level, "one of " + String.join(", ", LEVELS));
        }
        return new Settings(
                number(environment, "PORT", 8080, 65_535),
                Duration.ofMillis(number(environment, "SHUTDOWN_GRACE_MS", 2_000, 600_000)));
    }

    private static int number(Map<String, String> environment, String name, int otherwise, int most) {
        var text = environment.get(name);
        if (text == null) {
            return otherwise;
        }
        try {
            var value = Integer.parseInt(text);
            if (value >= 0 && value <= most) {
                return value;
            }
        } catch (NumberFormatException ignored) {
            // the same message as for a number out of bounds
        }
        throw wrong(name, text, "a number from 0 to " + most);
    }

    private static IllegalArgumentException wrong(String name, String value, String expected) {
        return new IllegalArgumentException("bad environment: %s is `%s`, expected %s".formatted(name, value, expected));
    }
}
