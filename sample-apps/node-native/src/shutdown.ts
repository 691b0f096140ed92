import type { Server } from "node:http";

/** How long requests in flight may take to finish once the server is told to stop. */
const GRACE_MS = 2_000;

/** Stops accepting, drops idle connections, lets running requests end, then cuts what is left. */
export function closeServer(server: Server, graceMs = GRACE_MS): Promise<void> {
  return new Promise((resolve, reject) => {
    const cut = setTimeout(() => server.closeAllConnections(), graceMs);
    server.close((error) => {
      clearTimeout(cut);
      if (error) reject(error);
      else resolve();
    });
    server.closeIdleConnections();
  });
}
