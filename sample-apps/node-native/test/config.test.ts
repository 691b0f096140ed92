import assert from "node:assert/strict";
import { it } from "node:test";
import { readConfig } from "../src/config.js";

it("has defaults", () => {
  assert.deepEqual(readConfig({}), { port: 3000, quiet: false });
});

it("takes PORT and LOG_LEVEL", () => {
  assert.deepEqual(readConfig({ PORT: "8081", LOG_LEVEL: "warn" }), { port: 8081, quiet: true });
});

it("names every variable that is wrong", () => {
  for (const PORT of ["80a", "70000", "", "-1", "1.5"]) assert.throws(() => readConfig({ PORT }), /PORT/, PORT);
  assert.throws(() => readConfig({ PORT: "x", LOG_LEVEL: "loud" }), /PORT.*LOG_LEVEL/);
});
