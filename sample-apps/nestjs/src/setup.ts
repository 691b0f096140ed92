import { ValidationPipe } from "@nestjs/common";
import type { NestExpressApplication } from "@nestjs/platform-express";
import helmet from "helmet";

/** What the app has in common in production and in its tests. */
export function setUp(app: NestExpressApplication): void {
  app.use(helmet());
  app.useBodyParser("json", { limit: "16kb" });
  app.useGlobalPipes(new ValidationPipe({ transform: true, whitelist: true, forbidNonWhitelisted: true }));
}
