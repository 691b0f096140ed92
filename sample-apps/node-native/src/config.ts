export interface Config {
  readonly port: number;
  readonly quiet: boolean;
}

/** Reads the settings from the environment; throws an error that names every bad variable. */
export function readConfig(env: NodeJS.ProcessEnv): Config {
  const wrong: string[] = [];
  const port = Number(env.PORT ?? "3000");
  if (env.PORT === "" || !Number.isInteger(port) || port < 0 || port > 65_535) {
    wrong.push("PORT is no port from 0 to 65535");
  }
  const level = env.LOG_LEVEL ?? "info";
  if (level !== "info" && level !== "warn") wrong.push("LOG_LEVEL is neither info nor warn");
  if (wrong.length > 0) throw new Error(`bad environment: ${wrong.join("; ")}`);
  return { port, quiet: level === "warn" };
}
