package example.plimsoll.harbour.web;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import example.plimsoll.harbour.Ids;
import example.plimsoll.harbour.Release;
import example.plimsoll.harbour.plan.Berth;
import example.plimsoll.harbour.plan.BerthPlan;
import io.javalin.Javalin;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Clock;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ApiTest {
    private static final String FRAM =
            """
            {"ship": "Fram", "lengthMetres": 39, "draughtMetres": 4.8,
             "arrival": "2099-01-31T08:00:00Z", "departure": "2099-01-31T20:00:00Z"}
            """;

    private final HttpClient client = HttpClient.newHttpClient();
    private final ObjectMapper mapper = new ObjectMapper();
    private Javalin app;

    @BeforeEach
    void start() {
        app = Api.create(new BerthPlan(Berth.HARBOUR, Clock.systemUTC(), Ids::next), 0, Duration.ofSeconds(2));
        app.start();
    }

    @AfterEach
    void stop() {
        app.stop();
    }

    private HttpResponse<String> send(String method, String path, String body, int status) throws Exception {
        var request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + app.port() + path))
                .method(method, BodyPublishers.ofString(body))
                .build();
        var response = client.send(request, BodyHandlers.ofString());
        assertEquals(status, response.statusCode(), method + " " + path + ": " + response.body());
        return response;
    }

    private JsonNode json(HttpResponse<String> response) throws Exception {
        return mapper.readTree(response.body());
    }

    @Test
    void healthSaysTheStatusAndTheRelease() throws Exception {
        var response = send("GET", "/health", "", 200);
        // The bytes matter: the scenario's contract looks for them.
        assertEquals("{\"status\":\"ok\",\"release\":\"" + Release.NAME + "\"}", response.body());
        assertTrue(response.headers().firstValue("content-type").orElse("").startsWith("application/json"));
        assertEquals("nosniff", response.headers().firstValue("x-content-type-options").orElse(""));
    }

    @Test
    void aCallIsBookedShownAndCancelled() throws Exception {
        var booked = send("POST", "/api/calls", FRAM, 201);
        var call = json(booked);
        assertEquals("fish-quay", call.get("berth").asText());
        assertEquals("2099-01-31T08:00:00Z", call.get("arrival").asText());
        var path = booked.headers().firstValue("location").orElseThrow();
        assertEquals("/api/calls/" + call.get("id").asText(), path);
        assertEquals(call, json(send("GET", path, "", 200)));
        assertEquals(1, json(send("GET", "/api/calls?berth=fish-quay", "", 200)).size());
        assertEquals(0, json(send("GET", "/api/calls?berth=old-pier", "", 200)).size());
        send("DELETE", path, "", 204);
        send("GET", path, "", 404);
        send("DELETE", path, "", 404);
        assertEquals("[]", send("GET", "/api/calls", "", 200).body());
    }

    @Test
    void aFullHarbourIsAConflict() throws Exception {
        for (var berth : json(send("GET", "/api/berths", "", 200))) {
            assertEquals(berth.get("name"), json(send("POST", "/api/calls", FRAM, 201)).get("berth"));
        }
        var refused = json(send("POST", "/api/calls", FRAM, 409));
        assertEquals("every berth that fits is taken at that time", refused.get("error").asText());
    }

    @Test
    void wrongFieldsAreNamed() throws Exception {
        var problem = json(send("POST", "/api/calls", "{\"ship\": \"\"}", 400));
        assertEquals("invalid request", problem.get("error").asText());
        assertEquals(5, problem.get("fields").size());
    }

    @Test
    void badRequestsAreTheClientsFault() throws Exception {
        send("POST", "/api/calls", "{", 400);
        send("POST", "/api/calls", "null", 400);
        send("POST", "/api/calls", "{\"colour\": \"red\"}", 400);
        send("POST", "/api/calls", "{\"arrival\": \"tomorrow\"}", 400);
        send("POST", "/api/calls", "{\"ship\": \"" + "x".repeat(20_000) + "\"}", 413);
        send("GET", "/api/calls/not-an-id", "", 404);
        send("GET", "/nowhere", "", 404);
        send("POST", "/health", "", 405);
    }
}
