import compression from "compression";
import express, { type Express, type RequestHandler } from "express";
import helmet from "helmet";
import type { Logger } from "pino";
import type { CargoRegister } from "./cargo/register.js";
import { cargoRoutes } from "./cargo/routes.js";
import { errorHandler, notFound } from "./errors.js";
import { release } from "./release.js";

export interface Parts {
  readonly log: Logger;
  readonly register: CargoRegister;
}

export function createApp({ log, register }: Parts): Express {
  const app = express();
  app.use(helmet());
  // Before the logger: a health check every few seconds is no news.
  app.get("/health", (_request, response) => {
    response.json({ status: "ok", release });
  });
  app.use(requestLog(log));
  app.use(compression());
  app.use(express.json({ limit: "16kb" }));
  app.use("/api/cargo", cargoRoutes(register));
  app.use(notFound);
  app.use(errorHandler(log));
  return app;
}

function requestLog(log: Logger): RequestHandler {
  return (request, response, next) => {
    const begun = performance.now();
    response.once("finish", () => {
      const milliseconds = Math.round(performance.now() - begun);
      log.info({ method: request.method, url: request.originalUrl, status: response.statusCode, milliseconds });
    });
    next();
  };
}
