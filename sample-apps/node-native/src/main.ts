import { readConfig } from "./config.js";
import { loadNative } from "./native.js";
import { serve } from "./server.js";
import { closeServer } from "./shutdown.js";

async function main(): Promise<void> {
  const config = readConfig(process.env);
  const native = await loadNative((line) => console.log(line));
  const server = await serve(config, native);
  let stopping = false;
  const stop = () => {
    if (stopping) return;
    stopping = true;
    closeServer(server).then(() => process.exit(0), fail);
  };
  process.on("SIGTERM", stop);
  process.on("SIGINT", stop);
}

/** The message alone: a stack of the loader's own would push it out of sight. */
function fail(error: unknown): void {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
  // What was printed goes out first, through a pipe too.
  setImmediate(() => process.exit(1));
}

main().catch(fail);
