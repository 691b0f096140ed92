import type * as Bcrypt from "bcrypt";
import type * as Sharp from "sharp";

export interface Native {
  readonly bcrypt: typeof Bcrypt.default;
  readonly sharp: typeof Sharp.default;
}

/** A native module that is installed for another C library, or not at all. */
export class NativeModuleError extends Error {
  constructor(
    readonly module: string,
    override readonly cause: unknown,
  ) {
    super(`${module} does not load: ${cause instanceof Error ? cause.message : String(cause)}`);
    this.name = "NativeModuleError";
  }
}

/**
 * Loads the two native modules, one after the other, and tells of each that loads.
 *
 * They reach their binaries in two ways. bcrypt's one package holds binaries for glibc and
 * for musl and picks when it is loaded; of sharp's packages npm installs those for the C
 * library that it runs on, and no others.
 */
export async function loadNative(tell: (line: string) => void): Promise<Native> {
  const bcrypt = await load("bcrypt", () => import("bcrypt"), tell);
  const sharp = await load("sharp", () => import("sharp"), tell);
  return { bcrypt: bcrypt.default, sharp: sharp.default };
}

export async function load<T>(
  name: string,
  loader: () => Promise<T>,
  tell: (line: string) => void,
): Promise<T> {
  try {
    const module = await loader();
    tell(`${name} loads`);
    return module;
  } catch (cause) {
    throw new NativeModuleError(name, cause);
  }
}
