import { plainToInstance, Type } from "class-transformer";
import { IsIn, IsInt, Max, Min, validateSync } from "class-validator";

/** How much is logged: each level with all that are graver. */
export const LOG_LEVELS = ["fatal", "error", "warn", "log", "debug", "verbose"] as const;
export type Level = (typeof LOG_LEVELS)[number];

export class Environment {
  @Type(() => Number)
  @IsInt()
  @Min(0)
  @Max(65_535)
  PORT: number = 8080;

  @IsIn(LOG_LEVELS)
  LOG_LEVEL: Level = "log";

  @Type(() => Number)
  @IsInt()
  @Min(0)
  @Max(600_000)
  SHUTDOWN_GRACE_MS: number = 2_000;
}

/** Reads the settings from the environment; throws an error that names every bad variable. */
export function readEnvironment(variables: Record<string, unknown>): Environment {
  const environment = plainToInstance(Environment, variables, { exposeDefaultValues: true });
  const errors = validateSync(environment);
  if (errors.length > 0) {
    const reasons = errors.flatMap(({ constraints }) => Object.values(constraints ?? {}));
    throw new Error(`bad environment: ${reasons.join("; ")}`);
  }
  return environment;
}
