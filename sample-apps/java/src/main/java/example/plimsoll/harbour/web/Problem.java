package example.plimsoll.harbour.web;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.Map;

/** What is wrong with a request. */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
record Problem(String error, Map<String, String> fields) {
    Problem(String error) {
        this(error, Map.of());
    }
}
