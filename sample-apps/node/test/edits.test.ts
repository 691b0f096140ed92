import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { it } from "node:test";
import { z } from "zod";

// plimsoll's dependency edit puts edits/* in the place of the manifests. They must stay
// the manifests of this app plus one dependency, or the rebuild measures something else.

const added = "nanoid";
const section = z.record(z.string(), z.unknown());
const manifest = z.looseObject({ version: z.string(), dependencies: section });
const lock = z.looseObject({ version: z.string(), packages: z.looseObject({ "": manifest }) });

function read<T extends z.ZodType>(schema: T, file: string): z.output<T> {
  return schema.parse(JSON.parse(readFileSync(new URL(`../${file}`, import.meta.url), "utf8")));
}

// The version carries the nonce because npm writes it into node_modules/.package-lock.json:
// the layer with the dependencies is then new in each rebuild, as it is in real life.
const version = /^1\.0\.0-edit-\{nonce\}$/;

it("edits/package.json adds one dependency and a place for the nonce", () => {
  const edited = read(manifest, "edits/package.json");
  const original = read(manifest, "package.json");
  assert.ok(added in edited.dependencies);
  delete edited.dependencies[added];
  assert.match(edited.version, version);
  edited.version = original.version;
  assert.deepEqual(edited, original);
});

it("edits/package-lock.json adds the same and nothing else", () => {
  const edited = read(lock, "edits/package-lock.json");
  const original = read(lock, "package-lock.json");
  assert.ok(added in edited.packages[""].dependencies);
  delete edited.packages[""].dependencies[added];
  delete edited.packages[`node_modules/${added}`];
  for (const holder of [edited, edited.packages[""]]) {
    assert.match(holder.version, version);
    holder.version = original.version;
  }
  assert.deepEqual(edited, original);
});

it("no lock file names a registry", () => {
  for (const file of ["package-lock.json", "edits/package-lock.json"]) {
    assert.doesNotMatch(readFileSync(new URL(`../${file}`, import.meta.url), "utf8"), /"resolved"/);
  }
});
