import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, it } from "node:test";
import sharp from "sharp";
import { release } from "../src/release.js";
import { Harness } from "./support.js";

describe("the HTTP API", () => {
  let api: Harness;
  beforeEach(async () => {
    api = await Harness.start(3);
  });
  afterEach(() => api.stop());

  async function enrol(): Promise<string> {
    const { status, body } = await api.post("/api/crew", { name: " Ada ", passphrase: "fair winds" });
    assert.equal(status, 201);
    assert.equal(body.name, "Ada");
    return String(body.id);
  }

  it("answers /health with the status and the release", async () => {
    const response = await fetch(`${api.origin}/health`);
    assert.equal(response.status, 200);
    // The bytes matter: the scenario's contract looks for them.
    assert.equal(await response.text(), `{"status":"ok","release":"${release}"}`);
  });

  it("lets on watch whose passphrase it is, and nobody else", async () => {
    const path = `/api/crew/${await enrol()}/watch`;
    assert.deepEqual(await api.post(path, { passphrase: "fair winds" }), { status: 200, body: { onWatch: true } });
    assert.equal((await api.post(path, { passphrase: "foul winds" })).status, 403);
    assert.equal((await api.post("/api/crew/master/watch", { passphrase: "" })).status, 403);
    assert.equal((await api.post("/api/crew/nobody/watch", { passphrase: "fair winds" })).status, 404);
  });

  it("cuts the portrait that the load asks for", async () => {
    const response = await fetch(`${api.origin}/api/crew/master/portrait?size=96`);
    assert.equal(response.headers.get("content-type"), "image/webp");
    const { width, height, format } = await sharp(await response.arrayBuffer()).metadata();
    assert.deepEqual({ width, height, format }, { width: 96, height: 96, format: "webp" });
  });

  it("takes a picture in and cuts from it", async () => {
    const url = `${api.origin}/api/crew/${await enrol()}/portrait`;
    const green = sharp({ create: { width: 300, height: 200, channels: 3, background: "#00a000" } });
    const taken = await fetch(url, { method: "PUT", body: new Uint8Array(await green.png().toBuffer()) });
    assert.equal(taken.status, 204);
    const cut = await (await fetch(`${url}?size=16`)).arrayBuffer();
    const [red = 255, leaf = 0, blue = 255] = await sharp(cut).raw().toBuffer();
    assert.ok(red < 20 && leaf > 140 && blue < 20, `${red} ${leaf} ${blue}`);
  });

  it("refuses what is no picture and sizes that are none", async () => {
    const url = `${api.origin}/api/crew/master/portrait`;
    assert.equal((await fetch(url, { method: "PUT", body: "a sonnet" })).status, 415);
    for (const size of ["", "15", "257", "1.5", "large"]) {
      assert.equal((await fetch(`${url}?size=${size}`)).status, 400, size);
    }
  });

  it("refuses bad cards, and the one too many", async () => {
    for (const card of [{}, { name: "", passphrase: "fair winds" }, { name: "Ada", passphrase: "short" }]) {
      assert.equal((await api.post("/api/crew", card)).status, 400);
    }
    assert.equal((await api.post("/api/crew", { name: "Ada", passphrase: "x".repeat(73) })).status, 400);
    await enrol();
    await enrol();
    assert.equal((await api.post("/api/crew", { name: "Eve", passphrase: "fair winds" })).status, 409);
  });

  it("answers malformed JSON, a body too large and a strange path as client errors", async () => {
    assert.equal((await api.post("/api/crew", "{")).status, 400);
    assert.equal((await api.post("/api/crew", "[]".padStart(20_000))).status, 413);
    const strange = await api.post("/nowhere", {});
    assert.equal(strange.status, 404);
    assert.equal(strange.body.error, "nothing answers POST /nowhere");
  });
});
