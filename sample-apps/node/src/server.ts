import { createServer } from "node:http";
import { pino } from "pino";
import { createApp } from "./app.js";
import { CargoRegister } from "./cargo/register.js";
import { readConfig } from "./config.js";
import { release } from "./release.js";
import { closeServer } from "./shutdown.js";

const config = readConfig(process.env);
const log = pino({ level: config.logLevel });
const server = createServer(createApp({ log, register: new CargoRegister() }));

let stopping = false;
function stop(signal: NodeJS.Signals): void {
  if (stopping) return;
  stopping = true;
  log.info({ signal }, "stopping");
  closeServer(server).then(
    () => process.exit(0),
    (error: unknown) => {
      log.error({ err: error }, "could not stop cleanly");
      process.exit(1);
    },
  );
}
process.on("SIGTERM", stop);
process.on("SIGINT", stop);

server.once("error", (error) => {
  log.fatal({ err: error }, "cannot listen");
  process.exit(1);
});
server.listen(config.port, "0.0.0.0", () => {
  log.info({ address: server.address(), release }, "listening");
});
