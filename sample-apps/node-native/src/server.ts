import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { createApp } from "./app.js";
import type { Config } from "./config.js";
import { PortraitStudio } from "./crew/portrait.js";
import { CrewRoll } from "./crew/roll.js";
import type { Native } from "./native.js";
import { release } from "./release.js";

/** Starts the app and resolves once it listens. */
export async function serve(config: Config, native: Native): Promise<Server> {
  const studio = new PortraitStudio(native.sharp);
  const roll = new CrewRoll(native.bcrypt, studio);
  await roll.muster();
  const log = (line: Record<string, unknown>) => {
    if (!config.quiet || line.level === "error") console.log(JSON.stringify(line));
  };
  const server = createServer(createApp({ roll, studio, log }));
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(config.port, "0.0.0.0", resolve);
  });
  const { port } = server.address() as AddressInfo;
  log({ message: "listening", port, release });
  return server;
}
