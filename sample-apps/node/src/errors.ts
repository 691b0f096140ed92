import type { ErrorRequestHandler, RequestHandler } from "express";
import type { Logger } from "pino";
import { ZodError } from "zod";
import { OverloadError } from "./cargo/register.js";

/** An error whose status and text may be shown to the client. */
export class HttpError extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
    this.name = "HttpError";
  }
}

export const notFound: RequestHandler = (request, _response, next) => {
  next(new HttpError(404, `nothing answers ${request.method} ${request.path}`));
};

export function errorHandler(log: Logger): ErrorRequestHandler {
  return (error: unknown, _request, response, next) => {
    if (response.headersSent) {
      next(error);
      return;
    }
    const { status, body } = describe(error);
    if (status >= 500) log.error({ err: error }, "request failed");
    response.status(status).json(body);
  };
}

function describe(error: unknown): { status: number; body: Record<string, unknown> } {
  if (error instanceof ZodError) {
    const issues = error.issues.map(({ path, message }) => ({ field: path.join("."), message }));
    return { status: 400, body: { error: "invalid request", issues } };
  }
  if (error instanceof OverloadError) return { status: 409, body: { error: error.message } };
  if (error instanceof HttpError) return { status: error.status, body: { error: error.message } };
  if (isClientError(error)) return { status: error.status, body: { error: "the body cannot be read" } };
  return { status: 500, body: { error: "internal error" } };
}

/** The body parser throws errors with a 4xx status: malformed JSON, a body too large. */
function isClientError(error: unknown): error is Error & { status: number } {
  return (
    error instanceof Error &&
    "status" in error &&
    typeof error.status === "number" &&
    error.status >= 400 &&
    error.status < 500
  );
}
