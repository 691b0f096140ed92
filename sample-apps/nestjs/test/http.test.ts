import "reflect-metadata";
import type { Server } from "node:http";
import type { NestExpressApplication } from "@nestjs/platform-express";
import { Test } from "@nestjs/testing";
import request from "supertest";
import { AppModule } from "../src/app.module";
import type { Entry } from "../src/logbook/logbook.service";
import { release } from "../src/release";
import { setUp } from "../src/setup";

describe("the HTTP API", () => {
  let app: NestExpressApplication;
  let server: Server;
  beforeEach(async () => {
    const module = await Test.createTestingModule({ imports: [AppModule] }).compile();
    app = module.createNestApplication<NestExpressApplication>({ logger: false });
    setUp(app);
    await app.init();
    server = app.getHttpServer();
  });
  afterEach(() => app.close());

  it("answers /health with the status and the release", async () => {
    const response = await request(server).get("/health").expect(200).expect("content-type", /^application\/json/);
    // The bytes matter: the scenario's contract looks for them.
    expect(response.text).toBe(`{"status":"ok","release":"${release}"}`);
  });

  it("sets security headers and does not name the framework", async () => {
    const { headers } = await request(server).get("/health");
    expect(headers["x-content-type-options"]).toBe("nosniff");
    expect(headers["x-powered-by"]).toBeUndefined();
  });

  it("writes, shows, lists and corrects", async () => {
    const position = { latitude: 59.9, longitude: 10.7 };
    const written = await request(server)
      .post("/api/entries")
      .send({ watch: "forenoon", remark: " anchored ", position })
      .expect(201);
    const entry = written.body as Entry;
    expect(entry).toMatchObject({ watch: "forenoon", remark: "anchored", position });
    expect(written.headers.location).toBe(`/api/entries/${entry.id}`);
    await request(server).get(`/api/entries/${entry.id}`).expect(200, entry);

    const correction = { watch: "forenoon", remark: "moored", corrects: entry.id };
    await request(server).post("/api/entries").send(correction).expect(201);
    await request(server).post("/api/entries").send(correction).expect(409);
    const now = (await request(server).get("/api/entries?watch=forenoon").expect(200)).body as Entry[];
    expect(now.map(({ remark }) => remark)).toEqual(["moored"]);
    expect((await request(server).get("/api/entries/history").expect(200)).body).toHaveLength(2);
  });

  it("names each field that is wrong", async () => {
    const entry = { watch: "lunch", remark: " ", position: { latitude: 91, longitude: 0 }, colour: "red" };
    const response = await request(server).post("/api/entries").send(entry).expect(400);
    const reasons = (response.body as { message: string[] }).message.join("\n");
    for (const field of ["watch", "remark", "position.latitude", "colour"]) expect(reasons).toContain(field);
  });

  it("answers malformed JSON, a body too large and strange paths as client errors", async () => {
    const post = () => request(server).post("/api/entries").set("content-type", "application/json");
    await post().send("{").expect(400);
    await post()
      .send(JSON.stringify({ remark: "x".repeat(20_000) }))
      .expect(413);
    await request(server).get("/api/entries?watch=lunch").expect(400);
    await request(server).get("/api/entries/not-an-id").expect(400);
    await request(server).get("/api/entries/00000000-0000-4000-8000-000000000000").expect(404);
    await request(server).get("/nowhere").expect(404);
  });
});
