package example.plimsoll.harbour;

import example.plimsoll.harbour.plan.Berth;
import example.plimsoll.harbour.plan.BerthPlan;
import example.plimsoll.harbour.web.Api;
import java.time.Clock;
import org.slf4j.LoggerFactory;

/** Serves the berth plan until the process is told to stop. */
public final class Main {
    private Main() {}

    public static void main(String[] arguments) {
        Settings settings;
        try {
            settings = Settings.read(System.getenv());
        } catch (IllegalArgumentException error) {
            System.err.println("harbour: " + error.getMessage());
            System.exit(1);
            return;
        }
        var log = LoggerFactory.getLogger(Main.class);
        var plan = new BerthPlan(Berth.HARBOUR, Clock.systemUTC(), Ids::next);
        var app = Api.create(plan, settings.port(), settings.grace());
        // The hook runs on SIGTERM and SIGINT; the JVM then ends with 128 + the signal: 143 or 130.
        Runtime.getRuntime().addShutdownHook(Thread.ofPlatform().name("stop").unstarted(() -> {
            log.info("stopping");
            try {
                app.stop();
            } catch (RuntimeException error) {
                log.warn("requests were cut off", error);
            }
        }));
        try {
            app.start();
        } catch (RuntimeException error) {
            log.error("cannot listen on port {}", settings.port(), error);
            System.exit(1);
        }
        log.atInfo().addKeyValue("port", app.port()).addKeyValue("release", Release.NAME).log("listening");
    }
}
