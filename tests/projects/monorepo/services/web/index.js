require("node:http").createServer((_, response) => response.end("web")).listen(8080);
