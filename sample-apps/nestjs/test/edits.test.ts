import { readFileSync } from "node:fs";

// plimsoll's dependency edit puts edits/* in the place of the manifests. They must stay
// the manifests of this app plus one dependency, or the rebuild measures something else.

const added = "@nestjs/throttler";

interface Manifest {
  version: string;
  dependencies: Record<string, string>;
}
interface Lock {
  version: string;
  packages: Record<string, Manifest> & { "": Manifest };
}

function read<T>(file: string): T {
  return JSON.parse(readFileSync(file, "utf8")) as T;
}

// The version carries the nonce because npm writes it into node_modules/.package-lock.json:
// the layer with the dependencies is then new in each rebuild, as it is in real life.
const version = "1.0.0-edit-{nonce}";

it("edits/package.json adds one dependency and a place for the nonce", () => {
  const edited = read<Manifest>("edits/package.json");
  expect(edited.version).toBe(version);
  expect(edited.dependencies).toHaveProperty([added]);
  delete edited.dependencies[added];
  edited.version = "1.0.0";
  expect(edited).toEqual(read("package.json"));
});

it("edits/package-lock.json adds the same and nothing else", () => {
  const edited = read<Lock>("edits/package-lock.json");
  expect(edited.packages[""].dependencies).toHaveProperty([added]);
  delete edited.packages[""].dependencies[added];
  delete edited.packages[`node_modules/${added}`];
  for (const holder of [edited, edited.packages[""]]) {
    expect(holder.version).toBe(version);
    holder.version = "1.0.0";
  }
  expect(edited).toEqual(read("package-lock.json"));
});

it.each(["package-lock.json", "edits/package-lock.json"])("%s names no registry", (file) => {
  expect(readFileSync(file, "utf8")).not.toContain('"resolved"');
});
