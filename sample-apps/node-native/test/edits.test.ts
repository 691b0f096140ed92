import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { it } from "node:test";

// plimsoll's dependency edit puts edits/* in the place of the manifests. They must stay
// the manifests of this app plus one dependency, or the rebuild measures something else.

const added = "nanoid";

interface Manifest {
  version: string;
  dependencies: Record<string, string>;
}
interface Lock {
  version: string;
  packages: Record<string, Manifest> & { "": Manifest };
}

function read<T>(file: string): T {
  return JSON.parse(readFileSync(new URL(`../${file}`, import.meta.url), "utf8")) as T;
}

// The version carries the nonce because npm writes it into node_modules/.package-lock.json:
// the layer with the dependencies is then new in each rebuild, as it is in real life.
const version = "1.0.0-edit-{nonce}";

it("edits/package.json adds one dependency and a place for the nonce", () => {
  const edited = read<Manifest>("edits/package.json");
  assert.ok(added in edited.dependencies);
  delete edited.dependencies[added];
  assert.equal(edited.version, version);
  edited.version = "1.0.0";
  assert.deepEqual(edited, read("package.json"));
});

it("edits/package-lock.json adds the same and nothing else", () => {
  const edited = read<Lock>("edits/package-lock.json");
  assert.ok(added in edited.packages[""].dependencies);
  delete edited.packages[""].dependencies[added];
  delete edited.packages[`node_modules/${added}`];
  for (const holder of [edited, edited.packages[""]]) {
    assert.equal(holder.version, version);
    holder.version = "1.0.0";
  }
  assert.deepEqual(edited, read("package-lock.json"));
});

it("the lock files name no registry, and sharp for both C libraries", () => {
  for (const file of ["package-lock.json", "edits/package-lock.json"]) {
    const lock = read<{ packages: Record<string, { libc?: string[]; integrity?: string; link?: boolean }> }>(file);
    for (const [path, entry] of Object.entries(lock.packages)) {
      assert.ok(!("resolved" in entry), path);
      if (path !== "") assert.match(entry.integrity ?? "", /^sha512-/, path);
    }
    assert.deepEqual(lock.packages["node_modules/@img/sharp-linux-x64"]?.libc, ["glibc"]);
    assert.deepEqual(lock.packages["node_modules/@img/sharp-linuxmusl-x64"]?.libc, ["musl"]);
  }
});
