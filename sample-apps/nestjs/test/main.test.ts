import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";
import { createInterface } from "node:readline";

/** The built app, as images run it: `npm test` comes after `npm run build`. */
function start(environment: Record<string, string>): ChildProcess & { stdout: NonNullable<ChildProcess["stdout"]> } {
  return spawn(process.execPath, ["dist/main.js"], {
    env: { ...process.env, ...environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
}

interface Line {
  message: string | { message: string; url: string };
}

async function listening(child: ReturnType<typeof start>): Promise<string> {
  for await (const line of createInterface(child.stdout)) {
    const { message } = JSON.parse(line) as Line;
    if (typeof message === "object" && message.message === "listening") return message.url;
  }
  throw new Error("it ended before it listened");
}

it.each(["SIGTERM", "SIGINT"] as const)("exits 0 on %s, idle keep-alive connections or not", async (signal) => {
  const child = start({ PORT: "0" });
  const exit = once(child, "exit");
  const url = await listening(child);
  // fetch keeps the connection open afterwards, as a probe or a proxy would.
  const answer = await fetch(`${url}/health`);
  expect(answer.status).toBe(200);
  await answer.text();

  const begun = performance.now();
  child.kill(signal);
  expect(await exit).toEqual([0, null]);
  expect(performance.now() - begun).toBeLessThan(1_000);
}, 30_000);

it("cuts a request that does not end within the grace", async () => {
  const child = start({ PORT: "0", SHUTDOWN_GRACE_MS: "200" });
  const exit = once(child, "exit");
  const url = await listening(child);
  const body = new ReadableStream({ start: (controller) => controller.enqueue(Buffer.from("{")) });
  const headers = { "content-type": "application/json" };
  const cut = fetch(`${url}/api/entries`, { method: "POST", body, headers, duplex: "half" }).catch(
    () => "cut",
  );
  await new Promise((resolve) => setTimeout(resolve, 300));
  child.kill("SIGTERM");
  expect(await exit).toEqual([0, null]);
  expect(await cut).toBe("cut");
}, 30_000);

it("a bad setting and a taken port are errors", async () => {
  const [bad] = (await once(start({ PORT: "much" }), "exit")) as [number];
  expect(bad).toBe(1);
  const taken = createServer().listen(0, "0.0.0.0");
  await once(taken, "listening");
  const { port } = taken.address() as AddressInfo;
  const [code] = (await once(start({ PORT: String(port) }), "exit")) as [number];
  taken.close();
  expect(code).toBe(1);
}, 30_000);
