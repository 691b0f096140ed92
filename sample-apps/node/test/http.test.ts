import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, it } from "node:test";
import { CargoRegister } from "../src/cargo/register.js";
import { release } from "../src/release.js";
import { Harness } from "./support.js";

describe("the HTTP API", () => {
  let api: Harness;
  beforeEach(async () => {
    api = await Harness.start(new CargoRegister(1_000));
  });
  afterEach(() => api.stop());

  it("answers /health with the status and the release", async () => {
    const response = await fetch(`${api.origin}/health`);
    assert.equal(response.status, 200);
    assert.match(response.headers.get("content-type") ?? "", /^application\/json/);
    // The bytes matter: the scenario's contract looks for them.
    assert.equal(await response.text(), `{"status":"ok","release":"${release}"}`);
  });

  it("sets security headers and does not name the framework", async () => {
    const { headers } = await api.send("GET", "/health");
    assert.equal(headers.get("x-content-type-options"), "nosniff");
    assert.equal(headers.get("x-powered-by"), null);
  });

  it("loads, shows, changes and unloads cargo", async () => {
    const loaded = await api.send("POST", "/api/cargo", { name: " grain ", kilograms: 300 });
    assert.equal(loaded.status, 201);
    assert.equal(loaded.body.name, "grain");
    assert.equal(loaded.body.hold, "main");
    const path = `/api/cargo/${String(loaded.body.id)}`;
    assert.equal(loaded.headers.get("location"), path);
    assert.deepEqual((await api.send("GET", path)).body, loaded.body);

    const changed = await api.send("PATCH", path, { hold: "aft" });
    assert.deepEqual(changed.body, { ...loaded.body, hold: "aft" });

    assert.equal((await api.send("DELETE", path)).status, 204);
    assert.equal((await api.send("GET", path)).status, 404);
    assert.equal((await api.send("DELETE", path)).status, 404);
  });

  it("lists by hold and adds up the weight", async () => {
    await api.send("POST", "/api/cargo", { name: "grain", kilograms: 300, hold: "fore" });
    await api.send("POST", "/api/cargo", { name: "coal", kilograms: 200, hold: "aft" });
    const all = await api.send("GET", "/api/cargo");
    assert.equal(all.body.count, 2);
    assert.equal(all.body.kilograms, 500);
    const aft = await api.send("GET", "/api/cargo?hold=aft");
    assert.equal(aft.body.kilograms, 200);
    assert.equal((await api.send("GET", "/api/cargo?hold=attic")).status, 400);
  });

  it("names each field that is wrong", async () => {
    const { status, body } = await api.send("POST", "/api/cargo", { name: "", kilograms: -1, colour: "red" });
    assert.equal(status, 400);
    const fields = (body.issues as { field: string }[]).map(({ field }) => field);
    assert.deepEqual(fields.sort(), ["", "kilograms", "name"]);
  });

  it("refuses what would sink the ship", async () => {
    const { status, body } = await api.send("POST", "/api/cargo", { name: "lead", kilograms: 1_001 });
    assert.equal(status, 409);
    assert.equal(body.error, "the ship would carry more than 1000 kg");
  });

  it("answers malformed JSON, a body too large and a strange path as client errors", async () => {
    assert.equal((await api.send("POST", "/api/cargo", "{")).status, 400);
    assert.equal((await api.send("POST", "/api/cargo", { name: "x".repeat(20_000) })).status, 413);
    const strange = await api.send("GET", "/nowhere");
    assert.equal(strange.status, 404);
    assert.equal(strange.body.error, "nothing answers GET /nowhere");
  });
});
