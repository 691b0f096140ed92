const http = require("node:http");
const now = require("../../shared/clock");

http
  .createServer((request, response) => {
    if (request.url === "/healthz") return response.end("ok");
    response.end(now());
  })
  .listen(3000);
