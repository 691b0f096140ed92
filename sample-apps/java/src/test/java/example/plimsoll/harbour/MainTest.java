package example.plimsoll.harbour;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class MainTest {
    private static final int ENDED_BY_SIGTERM = 128 + 15;
    private Process server;

    private void start(String port) throws IOException {
        var java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        var builder = new ProcessBuilder(java, "-cp", System.getProperty("java.class.path"), Main.class.getName());
        builder.environment().put("PORT", port);
        server = builder.redirectErrorStream(true).start();
    }

    private int port(BufferedReader output) throws IOException {
        for (var line = output.readLine(); line != null; line = output.readLine()) {
            var event = new ObjectMapper().readTree(line);
            if (event.get("message").asText().equals("listening")) {
                return event.findValue("port").asInt();
            }
        }
        throw new AssertionError("it ended before it listened");
    }

    @AfterEach
    void kill() {
        server.destroyForcibly();
    }

    @Test
    void sigtermEndsItBeforeTheGraceIsOverIdleConnectionsOrNot() throws Exception {
        start("0");
        try (var output = server.inputReader()) {
            var health = URI.create("http://127.0.0.1:" + port(output) + "/health");
            // The client keeps the connection open afterwards, as a probe or a proxy would.
            try (var client = HttpClient.newHttpClient()) {
                var answer = client.send(HttpRequest.newBuilder(health).build(), BodyHandlers.ofString());
                assertEquals(200, answer.statusCode());

                var begun = System.nanoTime();
                server.destroy();
                assertTrue(server.waitFor(10, TimeUnit.SECONDS));
                assertEquals(ENDED_BY_SIGTERM, server.exitValue());
                var took = Duration.ofNanos(System.nanoTime() - begun);
                assertTrue(took.compareTo(Duration.ofMillis(1_500)) < 0, "it took " + took);
            }
        }
    }

    @Test
    void aRequestInFlightIsAnswered() throws Exception {
        start("0");
        try (var output = server.inputReader();
                var socket = new Socket("127.0.0.1", port(output))) {
            var request = socket.getOutputStream();
            var head = "POST /api/calls HTTP/1.1\r\nHost: harbour\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n";
            request.write(head.getBytes(StandardCharsets.US_ASCII));
            // It comes when the handler asks for the body: the request is in flight.
            var go = "HTTP/1.1 100 Continue\r\n\r\n";
            assertEquals(go, new String(socket.getInputStream().readNBytes(go.length()), StandardCharsets.US_ASCII));
            server.destroy();
            Thread.sleep(50);
            request.write("{}".getBytes(StandardCharsets.US_ASCII));
            var answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertTrue(answer.startsWith("HTTP/1.1 400 "), answer);
            assertEquals(ENDED_BY_SIGTERM, server.waitFor());
        }
    }

    @Test
    void aTakenPortIsAnError() throws Exception {
        try (var taken = new ServerSocket(0)) {
            start(String.valueOf(taken.getLocalPort()));
            assertEquals(1, server.waitFor());
        }
    }

    @Test
    void aBadSettingIsAnErrorThatNamesIt() throws Exception {
        start("much");
        try (var output = server.inputReader()) {
            assertEquals("harbour: bad environment: PORT is `much`, expected a number from 0 to 65535",
                    output.readLine());
        }
        assertEquals(1, server.waitFor());
    }
}
