import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import bcrypt from "bcrypt";
import sharp from "sharp";
import { createApp } from "../src/app.js";
import { PortraitStudio } from "../src/crew/portrait.js";
import { CrewRoll } from "../src/crew/roll.js";
import { closeServer } from "../src/shutdown.js";

/** The app on a free port, at bcrypt's least cost. */
export class Harness {
  private constructor(
    private readonly server: Server,
    readonly origin: string,
  ) {}

  static async start(berths = 100): Promise<Harness> {
    const studio = new PortraitStudio(sharp);
    const roll = new CrewRoll(bcrypt, studio, 4, berths);
    await roll.muster();
    const server = createServer(createApp({ roll, studio, log: () => undefined }));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    return new Harness(server, `http://127.0.0.1:${port}`);
  }

  async post(path: string, body: unknown): Promise<{ status: number; body: Record<string, unknown> }> {
    const text = typeof body === "string" ? body : JSON.stringify(body);
    const response = await fetch(this.origin + path, { method: "POST", body: text });
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  }

  stop(): Promise<void> {
    return closeServer(this.server, 100);
  }
}
