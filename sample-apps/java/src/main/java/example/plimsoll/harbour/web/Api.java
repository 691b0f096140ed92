package example.plimsoll.harbour.web;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.datatype.jsr310.JavaTimeModule;
import example.plimsoll.harbour.Release;
import example.plimsoll.harbour.plan.BerthPlan;
import example.plimsoll.harbour.plan.CallRequest;
import example.plimsoll.harbour.plan.PlanException;
import io.javalin.Javalin;
import io.javalin.config.JavalinConfig;
import io.javalin.http.ContentTooLargeResponse;
import io.javalin.http.Context;
import io.javalin.json.JavalinJackson;
import java.time.Duration;
import java.util.UUID;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.server.handler.GracefulHandler;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Answers HTTP requests about a berth plan. */
public final class Api {
    private static final Logger LOG = LoggerFactory.getLogger(Api.class);
    private static final long BODY_LIMIT_BYTES = 16 << 10;

    /** How long an idle connection, or a body that is slow to come in, may hold up a stop. */
    private static final long IDLE_AT_STOP_MS = 400;

    private static final UUID NOBODY = new UUID(0, 0);

    private final BerthPlan plan;
    private final ObjectMapper mapper = JsonMapper.builder()
            .addModule(new JavaTimeModule())
            .disable(SerializationFeature.WRITE_DATES_AS_TIMESTAMPS)
            .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .build();

    private Api(BerthPlan plan) {
        this.plan = plan;
    }

    /** Builds the server; requests in flight may take {@code grace} to finish once it is stopped. */
    public static Javalin create(BerthPlan plan, int port, Duration grace) {
        var api = new Api(plan);
        return Javalin.create(config -> {
            api.configure(config);
            config.jetty.modifyServer(server -> {
                server.setStopTimeout(grace.toMillis());
                server.insertHandler(new GracefulHandler());
            });
            config.jetty.addConnector((server, http) -> {
                var connector = new ServerConnector(server, new HttpConnectionFactory(http));
                connector.setPort(port);
                connector.setShutdownIdleTimeout(IDLE_AT_STOP_MS);
                return connector;
            });
        });
    }

    private void configure(JavalinConfig config) {
        config.startup.showJavalinBanner = false;
        config.concurrency.useVirtualThreads = true;
        config.http.maxRequestSize = BODY_LIMIT_BYTES;
        config.http.prefer405over404 = true;
        config.jsonMapper(new JavalinJackson(mapper, true));
        config.requestLogger.http(Api::log);

        config.routes.before(ctx -> ctx.header("X-Content-Type-Options", "nosniff"));
        config.routes.get("/health", ctx -> ctx.json(new Health("ok", Release.NAME)));
        config.routes.get("/api/berths", ctx -> ctx.json(plan.berths()));
        config.routes.get("/api/calls", ctx -> ctx.json(plan.list(ctx.queryParam("berth"))));
        config.routes.post("/api/calls", this::book);
        config.routes.get("/api/calls/{id}", ctx -> ctx.json(plan.find(id(ctx))));
        config.routes.delete("/api/calls/{id}", ctx -> {
            plan.cancel(id(ctx));
            ctx.status(204);
        });

        config.routes.exception(PlanException.class, Api::refuse);
        config.routes.exception(JsonProcessingException.class, (error, ctx) ->
                ctx.status(400).json(new Problem("the body cannot be read: " + error.getOriginalMessage())));
        config.routes.exception(ContentTooLargeResponse.class, (error, ctx) ->
                ctx.status(413).json(new Problem("the body is larger than " + BODY_LIMIT_BYTES + " bytes")));
        config.routes.exception(Exception.class, (error, ctx) -> {
            LOG.error("request failed", error);
            ctx.status(500).json(new Problem("internal error"));
        });
    }

    private void book(Context ctx) throws JsonProcessingException {
        var request = mapper.readValue(ctx.body(), CallRequest.class);
        if (request == null) {
            ctx.status(400).json(new Problem("the body cannot be read: it is null"));
            return;
        }
        var call = plan.book(request);
        ctx.status(201).header("Location", "/api/calls/" + call.id()).json(call);
    }

    private static void refuse(PlanException error, Context ctx) {
        switch (error) {
            case PlanException.Invalid invalid ->
                    ctx.status(400).json(new Problem(invalid.getMessage(), invalid.fields()));
            case PlanException.Unknown unknown -> ctx.status(404).json(new Problem(unknown.getMessage()));
            case PlanException.NoBerth none -> ctx.status(409).json(new Problem(none.getMessage()));
            default -> throw error;
        }
    }

    /** The id from the path; one that cannot be read belongs to no call. */
    private static UUID id(Context ctx) {
        try {
            return UUID.fromString(ctx.pathParam("id"));
        } catch (IllegalArgumentException error) {
            return NOBODY;
        }
    }

    private static void log(Context ctx, float milliseconds) {
        // A health check every few seconds is no news.
        if (!ctx.path().equals("/health")) {
            LOG.atInfo()
                    .addKeyValue("method", ctx.method())
                    .addKeyValue("path", ctx.path())
                    .addKeyValue("status", ctx.statusCode())
                    .addKeyValue("milliseconds", milliseconds)
                    .log("request");
        }
    }
}
