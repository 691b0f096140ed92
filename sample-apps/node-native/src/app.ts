import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import { sizeOf, type PortraitStudio } from "./crew/portrait.js";
import type { CrewRoll } from "./crew/roll.js";
import { HttpError } from "./errors.js";
import { release } from "./release.js";

const JSON_LIMIT = 16 * 1024;
const PICTURE_LIMIT = 4 * 1024 * 1024;

export interface Parts {
  readonly roll: CrewRoll;
  readonly studio: PortraitStudio;
  readonly log: (line: Record<string, unknown>) => void;
}

interface Answer {
  readonly status: number;
  readonly body?: Record<string, unknown> | Buffer;
}

export function createApp(parts: Parts): RequestListener {
  return (request, response) => {
    const begun = performance.now();
    route(parts, request)
      .catch((error: unknown) => failure(parts, error))
      .then((answer) => {
        send(response, answer);
        // A health check every few seconds is no news.
        if (request.url === "/health" && answer.status === 200) return;
        const milliseconds = Math.round(performance.now() - begun);
        parts.log({ method: request.method, url: request.url, status: answer.status, milliseconds });
      })
      .catch((error: unknown) => response.destroy(error instanceof Error ? error : undefined));
  };
}

async function route({ roll, studio }: Parts, request: IncomingMessage): Promise<Answer> {
  const url = new URL(request.url ?? "/", "http://app");
  const [, api, crew, id = "", what, ...more] = url.pathname.split("/");
  const asked = `${request.method} ${url.pathname}`;
  if (asked === "GET /health") {
    // Healthy is who can do the work: both native modules are called.
    await Promise.all([studio.selfTest(), roll.selfTest()]);
    return { status: 200, body: { status: "ok", release } };
  }
  if (asked === "POST /api/crew") {
    const { name, passphrase } = await readJson(request);
    return { status: 201, body: { ...(await roll.enrol(name, passphrase)) } };
  }
  if (api === "api" && crew === "crew" && more.length === 0) {
    switch (`${request.method} ${what}`) {
      case "GET portrait":
        return { status: 200, body: await roll.portrait(id, sizeOf(url.searchParams.get("size"))) };
      case "PUT portrait":
        await roll.sit(id, await readBody(request, PICTURE_LIMIT));
        return { status: 204 };
      case "POST watch": {
        const { passphrase } = await readJson(request);
        if (!(await roll.mayTakeWatch(id, passphrase))) throw new HttpError(403, "the passphrase is not theirs");
        return { status: 200, body: { onWatch: true } };
      }
    }
  }
  throw new HttpError(404, `nothing answers ${asked}`);
}

function failure({ log }: Parts, error: unknown): Answer {
  if (error instanceof HttpError) return { status: error.status, body: { error: error.message } };
  log({ level: "error", message: error instanceof Error ? error.message : String(error) });
  return { status: 500, body: { error: "internal error" } };
}

function send(response: ServerResponse, { status, body }: Answer): void {
  response.statusCode = status;
  response.setHeader("x-content-type-options", "nosniff");
  if (body === undefined) {
    response.end();
    return;
  }
  const isPicture = Buffer.isBuffer(body);
  const bytes = isPicture ? body : Buffer.from(JSON.stringify(body));
  response.setHeader("content-type", isPicture ? "image/webp" : "application/json; charset=utf-8");
  response.setHeader("content-length", bytes.length);
  response.end(bytes);
}

async function readJson(request: IncomingMessage): Promise<Record<string, unknown>> {
  const text = (await readBody(request, JSON_LIMIT)).toString("utf8");
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    throw new HttpError(400, "the body is no JSON");
  }
  if (typeof parsed !== "object" || parsed === null) throw new HttpError(400, "the body is no object");
  return { ...parsed };
}

/** Reads what is sent. Of a body too large the rest is read and dropped, so that the client hears of it. */
async function readBody(request: IncomingMessage, limit: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes <= limit) chunks.push(chunk);
  }
  if (bytes > limit) throw new HttpError(413, `the body holds more than ${limit} bytes`);
  return Buffer.concat(chunks);
}
