package example.plimsoll.harbour;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/**
 * plimsoll's dependency edit puts edits/* in the place of the pom and of one source. They must stay
 * this app's plus one dependency, or the rebuild measures something else.
 */
class EditsTest {
    private static final String ADDED =
            """
                <dependency>
                  <groupId>com.fasterxml.uuid</groupId>
                  <artifactId>java-uuid-generator</artifactId>
                  <version>5.2.0</version>
                </dependency>
            """;

    @Test
    void thePomHasOneDependencyMoreAndAPlaceForTheNonce() throws IOException {
        var edited = Files.readString(Path.of("edits/pom.xml"));
        assertEquals(2, edited.split("\\{nonce}", -1).length);
        assertTrue(edited.contains(ADDED), edited);
        assertEquals(
                Files.readString(Path.of("pom.xml")), edited.replace("-edit-{nonce}", "").replace(ADDED, ""));
    }

    @Test
    void theSourceUsesItAndKeepsItsFace() throws IOException {
        var edited = Files.readString(Path.of("edits/Ids.java"));
        assertTrue(edited.contains("import com.fasterxml.uuid."), edited);
        assertTrue(edited.contains("public static UUID next()"), edited);
    }
}
