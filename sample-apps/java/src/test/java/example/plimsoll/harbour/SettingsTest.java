package example.plimsoll.harbour;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SettingsTest {
    @Test
    void hasDefaults() {
        assertEquals(new Settings(8080, Duration.ofSeconds(2)), Settings.read(Map.of()));
    }

    @Test
    void takesWhatIsSet() {
        var environment = Map.of("PORT", "9090", "LOG_LEVEL", "WARN", "SHUTDOWN_GRACE_MS", "250");
        assertEquals(new Settings(9090, Duration.ofMillis(250)), Settings.read(environment));
    }

    @ParameterizedTest
    @CsvSource({"PORT,http", "PORT,70000", "PORT,-1", "LOG_LEVEL,loud", "SHUTDOWN_GRACE_MS,2s"})
    void namesTheVariableThatIsWrong(String name, String value) {
        var error = assertThrows(IllegalArgumentException.class, () -> Settings.read(Map.of(name, value)));
        assertTrue(error.getMessage().contains(name) && error.getMessage().contains(value), error.getMessage());
    }
}
