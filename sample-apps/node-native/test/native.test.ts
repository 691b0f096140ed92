import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { it } from "node:test";
import { load, loadNative, NativeModuleError } from "../src/native.js";

it("tells of each module that loads", async () => {
  const lines: string[] = [];
  await loadNative((line) => lines.push(line));
  assert.deepEqual(lines, ["bcrypt loads", "sharp loads"]);
});

it("says which module does not load, in its own words", async () => {
  const loader = () => Promise.reject(new Error("Could not load the module using the other runtime"));
  const tell = (line: string) => assert.fail(line);
  await assert.rejects(load("sharp", loader, tell), (error) => {
    assert.ok(error instanceof NativeModuleError);
    assert.equal(error.message, "sharp does not load: Could not load the module using the other runtime");
    return true;
  });
});

// What the scenario technique-native-module rests on.
it("bcrypt brings binaries for both C libraries, sharp's are parted", () => {
  const present = (path: string) => existsSync(new URL(`../node_modules/${path}`, import.meta.url));
  for (const libc of ["glibc", "musl"]) {
    assert.ok(present(`bcrypt/prebuilds/linux-${process.arch}/bcrypt.${libc}.node`), libc);
  }
  const installed = ["linux", "linuxmusl"].filter((libc) => present(`@img/sharp-${libc}-${process.arch}`));
  assert.equal(installed.length, 1, installed.join());
});
