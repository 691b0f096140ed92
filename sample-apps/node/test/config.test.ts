import assert from "node:assert/strict";
import { it } from "node:test";
import { readConfig } from "../src/config.js";

it("has defaults", () => {
  assert.deepEqual(readConfig({}), { port: 3000, logLevel: "info" });
});

it("takes PORT and LOG_LEVEL", () => {
  assert.deepEqual(readConfig({ PORT: "8081", LOG_LEVEL: "warn" }), { port: 8081, logLevel: "warn" });
});

it("names the variable that is wrong", () => {
  assert.throws(() => readConfig({ PORT: "80a" }), /PORT/);
  assert.throws(() => readConfig({ PORT: "70000" }), /PORT/);
  assert.throws(() => readConfig({ LOG_LEVEL: "loud" }), /LOG_LEVEL/);
});
