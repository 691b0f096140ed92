import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { CargoRegister, OverloadError } from "../src/cargo/register.js";
import { cargoInput, cargoPatch } from "../src/cargo/schema.js";

const grain = cargoInput.parse({ name: "grain", kilograms: 60 });

describe("the cargo register", () => {
  it("stamps each item with an id of its own and the time", () => {
    const register = new CargoRegister(1_000, () => new Date(0));
    const [first, second] = [register.load(grain), register.load(grain)];
    assert.notEqual(first.id, second.id);
    assert.equal(first.loadedAt, "1970-01-01T00:00:00.000Z");
  });

  it("carries up to the limit and not one kilogram more", () => {
    const register = new CargoRegister(100);
    register.load(grain);
    assert.throws(() => register.load({ ...grain, kilograms: 41 }), OverloadError);
    register.load({ ...grain, kilograms: 40 });
    assert.equal(register.kilograms, 100);
  });

  it("checks the limit against the change, not against the whole item", () => {
    const register = new CargoRegister(100);
    const { id } = register.load(grain);
    assert.equal(register.change(id, { kilograms: 100 })?.kilograms, 100);
    assert.throws(() => register.change(id, { kilograms: 101 }), OverloadError);
    assert.equal(register.find(id)?.kilograms, 100);
  });

  it("knows nothing of a foreign id", () => {
    const register = new CargoRegister();
    assert.equal(register.find("nobody"), undefined);
    assert.equal(register.change("nobody", { fragile: true }), undefined);
    assert.equal(register.unload("nobody"), false);
  });
});

describe("a patch", () => {
  it("takes no defaults for what it does not say", () => {
    assert.deepEqual(cargoPatch.parse({ fragile: true }), { fragile: true });
  });

  it("must change something", () => {
    assert.equal(cargoPatch.safeParse({}).success, false);
  });
});
