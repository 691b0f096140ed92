import { z } from "zod";

const environment = z.object({
  PORT: z.coerce.number().int().min(0).max(65_535).default(3000),
  LOG_LEVEL: z.enum(["fatal", "error", "warn", "info", "debug", "trace", "silent"]).default("info"),
});

export interface Config {
  readonly port: number;
  readonly logLevel: string;
}

/** Reads the settings from the environment; throws an error that names every bad variable. */
export function readConfig(env: NodeJS.ProcessEnv): Config {
  const parsed = environment.safeParse(env);
  if (!parsed.success) {
    throw new Error(`bad environment: ${z.prettifyError(parsed.error)}`);
  }
  return { port: parsed.data.PORT, logLevel: parsed.data.LOG_LEVEL };
}
