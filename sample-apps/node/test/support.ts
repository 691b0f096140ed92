import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { pino } from "pino";
import { createApp } from "../src/app.js";
import { CargoRegister } from "../src/cargo/register.js";
import { closeServer } from "../src/shutdown.js";

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Record<string, unknown>;
}

export class Harness {
  private constructor(
    private readonly server: Server,
    readonly origin: string,
  ) {}

  static async start(register = new CargoRegister()): Promise<Harness> {
    const server = createServer(createApp({ log: pino({ level: "silent" }), register }));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    return new Harness(server, `http://127.0.0.1:${port}`);
  }

  async send(method: string, path: string, body?: unknown): Promise<Answer> {
    const init: RequestInit = { method };
    if (body !== undefined) {
      init.headers = { "content-type": "application/json" };
      init.body = typeof body === "string" ? body : JSON.stringify(body);
    }
    const response = await fetch(this.origin + path, init);
    const text = await response.text();
    const parsed = text === "" ? {} : (JSON.parse(text) as Record<string, unknown>);
    return { status: response.status, headers: response.headers, body: parsed };
  }

  stop(): Promise<void> {
    return closeServer(this.server, 100);
  }
}
