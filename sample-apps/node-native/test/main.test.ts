import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";
import { createInterface } from "node:readline";
import { it } from "node:test";

/** The built app, as images run it: `npm test` comes after `npm run build`. */
function start(env: Record<string, string>) {
  const options = { env: { ...process.env, ...env }, stdio: ["ignore", "pipe", "pipe"] as ["ignore", "pipe", "pipe"] };
  return spawn(process.execPath, ["dist/main.js"], options);
}

async function listening(child: ReturnType<typeof start>): Promise<number> {
  for await (const line of createInterface(child.stdout)) {
    if (!line.startsWith("{")) continue;
    const { message, port } = JSON.parse(line) as { message?: string; port: number };
    if (message === "listening") return port;
  }
  throw new Error("it ended before it listened");
}

for (const signal of ["SIGTERM", "SIGINT"] as const) {
  it(`exits 0 on ${signal}, idle keep-alive connections or not`, { timeout: 20_000 }, async () => {
    const child = start({ PORT: "0" });
    const exit = once(child, "exit");
    const port = await listening(child);
    // fetch keeps the connection open afterwards, as a probe or a proxy would.
    const answer = await fetch(`http://127.0.0.1:${port}/health`);
    assert.equal(answer.status, 200);
    await answer.text();

    const begun = performance.now();
    child.kill(signal);
    assert.deepEqual(await exit, [0, null]);
    assert.ok(performance.now() - begun < 1_000, "stops within a second");
  });
}

it("a bad setting and a taken port end in one line and exit code 1", { timeout: 20_000 }, async () => {
  const taken = createServer().listen(0, "0.0.0.0");
  await once(taken, "listening");
  for (const [PORT, words] of [
    ["much", /^bad environment: PORT is no port from 0 to 65535\n$/],
    [String((taken.address() as AddressInfo).port), /^listen EADDRINUSE.*\n$/],
  ] as const) {
    const child = start({ PORT });
    let printed = "";
    child.stderr.on("data", (chunk) => (printed += String(chunk)));
    assert.deepEqual(await once(child, "close"), [1, null]);
    assert.match(printed, words);
  }
  taken.close();
});
