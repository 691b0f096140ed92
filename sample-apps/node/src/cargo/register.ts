import { randomUUID } from "node:crypto";
import type { Cargo, CargoFilter, CargoInput, CargoPatch } from "./schema.js";

export class OverloadError extends Error {
  constructor(readonly limit: number) {
    super(`the ship would carry more than ${limit} kg`);
    this.name = "OverloadError";
  }
}

/** The cargo on board, held in memory, never heavier in total than the limit. */
export class CargoRegister {
  readonly #items = new Map<string, Cargo>();

  constructor(
    private readonly limit = 5_000_000,
    private readonly now: () => Date = () => new Date(),
  ) {}

  load(input: CargoInput): Cargo {
    this.#refuseOverload(input.kilograms);
    const cargo: Cargo = { id: randomUUID(), loadedAt: this.now().toISOString(), ...input };
    this.#items.set(cargo.id, cargo);
    return cargo;
  }

  find(id: string): Cargo | undefined {
    return this.#items.get(id);
  }

  list(filter: CargoFilter = {}): Cargo[] {
    return [...this.#items.values()].filter((cargo) => filter.hold === undefined || cargo.hold === filter.hold);
  }

  change(id: string, patch: CargoPatch): Cargo | undefined {
    const before = this.#items.get(id);
    if (before === undefined) return undefined;
    const given = Object.fromEntries(Object.entries(patch).filter(([, value]) => value !== undefined));
    const after: Cargo = { ...before, ...given };
    this.#refuseOverload(after.kilograms - before.kilograms);
    this.#items.set(id, after);
    return after;
  }

  unload(id: string): boolean {
    return this.#items.delete(id);
  }

  get kilograms(): number {
    return this.list().reduce((sum, cargo) => sum + cargo.kilograms, 0);
  }

  #refuseOverload(extra: number): void {
    if (extra > 0 && this.kilograms + extra > this.limit) throw new OverloadError(this.limit);
  }
}
