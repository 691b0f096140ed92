const http = require("node:http");
const net = require("node:net");

// Without its database the shop does not open.
const { DATABASE_HOST: host, DATABASE_PORT: port } = process.env;
const database = net.connect({ host, port: Number(port) });
database.on("error", (error) => {
  console.error(`no database: ${error.message}`);
  process.exit(1);
});
database.on("connect", () => {
  http.createServer((_, response) => response.end("open")).listen(3000);
});
process.on("SIGTERM", () => process.exit(0));
