import { z } from "zod";

/** What a client may say about one item of cargo. Unknown keys are refused. */
export const cargoInput = z.strictObject({
  name: z.string().trim().min(1).max(80),
  kilograms: z.number().positive().max(1_000_000),
  hold: z.enum(["fore", "main", "aft"]).default("main"),
  fragile: z.boolean().default(false),
});

/** A partial change. Spelled out so that an absent key stays absent and takes no default. */
export const cargoPatch = z
  .strictObject({
    name: cargoInput.shape.name,
    kilograms: cargoInput.shape.kilograms,
    hold: cargoInput.shape.hold.unwrap(),
    fragile: cargoInput.shape.fragile.unwrap(),
  })
  .partial()
  .refine((patch) => Object.keys(patch).length > 0, "say at least one field to change");

export const cargoFilter = z.strictObject({
  hold: cargoInput.shape.hold.unwrap().optional(),
});

export type CargoInput = z.output<typeof cargoInput>;
export type CargoPatch = z.output<typeof cargoPatch>;
export type CargoFilter = z.output<typeof cargoFilter>;

export interface Cargo extends CargoInput {
  readonly id: string;
  readonly loadedAt: string;
}
