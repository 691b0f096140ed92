import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { it } from "node:test";
import { z } from "zod";

const listening = z.object({ msg: z.literal("listening"), address: z.object({ port: z.number() }) });

for (const signal of ["SIGTERM", "SIGINT"] as const) {
  it(`exits 0 on ${signal}, idle keep-alive connections or not`, { timeout: 20_000 }, async () => {
    const child = spawn(process.execPath, ["--import", "tsx", "src/server.ts"], {
      env: { ...process.env, PORT: "0" },
      stdio: ["ignore", "pipe", "inherit"],
    });
    const exit = once(child, "exit");
    let port = 0;
    for await (const line of createInterface(child.stdout)) {
      const message = listening.safeParse(JSON.parse(line));
      if (message.success) {
        port = message.data.address.port;
        break;
      }
    }
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
