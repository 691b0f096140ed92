import type { Server } from "node:http";
import { ConsoleLogger, type LogLevel } from "@nestjs/common";
import { ConfigService } from "@nestjs/config";
import { NestFactory } from "@nestjs/core";
import type { NestExpressApplication } from "@nestjs/platform-express";
import { AppModule } from "./app.module";
import { LOG_LEVELS, type Environment, type Level } from "./environment";
import { release } from "./release";
import { setUp } from "./setup";

const logger = new ConsoleLogger("logbook", { json: true, colors: false });

async function main(): Promise<void> {
  // Errors are thrown and logged below, once.
  const app = await NestFactory.create<NestExpressApplication>(AppModule, { logger, abortOnError: false });
  const config = app.get<ConfigService<Environment, true>>(ConfigService);
  logger.setLogLevels(upTo(config.get("LOG_LEVEL")));
  setUp(app);
  // Nest's own hook sends the signal again when it is done, and a kernel drops it for process 1 of a container.
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    process.once(signal, () => void stop(app, config.get("SHUTDOWN_GRACE_MS"), signal));
  }
  await app.listen(config.get("PORT"), "0.0.0.0");
  logger.log({ message: "listening", url: await app.getUrl(), release });
}

function upTo(level: Level): LogLevel[] {
  return LOG_LEVELS.slice(0, LOG_LEVELS.indexOf(level) + 1);
}

/** Stops accepting and drops idle connections; requests in flight are cut when the grace is over. */
async function stop(app: NestExpressApplication, graceMs: number, signal: NodeJS.Signals): Promise<void> {
  logger.log({ message: "stopping", signal });
  const server: Server = app.getHttpServer();
  setTimeout(() => server.closeAllConnections(), graceMs).unref();
  await app.close();
  process.exit(0);
}

main().catch((error: unknown) => {
  logger.fatal(error instanceof Error ? error.message : error);
  process.exit(1);
});
