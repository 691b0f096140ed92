import { HttpError } from "../errors.js";
import type { Native } from "../native.js";

const SMALLEST = 16;
const LARGEST = 256;
const USUAL = 96;
/** Side of what is kept; every answer is cut from it. */
const KEPT = 512;
/** A picture of more pixels is refused before it is unpacked. */
const MOST_PIXELS = 16_000_000;

/** Takes pictures in, and gives square ones out. */
export class PortraitStudio {
  constructor(private readonly sharp: Native["sharp"]) {}

  /** Checks that the library works: one pixel through the whole way. */
  async selfTest(): Promise<void> {
    const pixel = await this.sharp({ create: { width: 8, height: 8, channels: 3, background: "#204060" } })
      .resize(1, 1)
      .raw()
      .toBuffer();
    if (pixel.toString("hex") !== "204060") throw new Error("sharp gives a wrong pixel");
  }

  /** What is kept of an uploaded picture: upright, square, without its metadata. */
  async take(picture: Buffer): Promise<Buffer> {
    try {
      return await this.sharp(picture, { limitInputPixels: MOST_PIXELS })
        .rotate()
        .resize(KEPT, KEPT, { fit: "cover", position: "attention" })
        .jpeg({ quality: 90 })
        .toBuffer();
    } catch {
      throw new HttpError(415, "the body is no picture that can be read");
    }
  }

  /** A portrait for who has none: sea, sun, and the colour of the name. */
  draw(name: string): Promise<Buffer> {
    let hue = 0;
    for (const letter of name) hue = (hue * 31 + (letter.codePointAt(0) ?? 0)) % 360;
    const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${KEPT}" height="${KEPT}">
      <defs><linearGradient id="sky" x2="0" y2="1">
        <stop offset="0" stop-color="hsl(${hue},60%,35%)"/><stop offset="1" stop-color="hsl(${hue},70%,80%)"/>
      </linearGradient></defs>
      <rect width="512" height="512" fill="url(#sky)"/>
      <circle cx="256" cy="210" r="92" fill="#f4d9b0"/>
      <path d="M96 512 Q96 330 256 330 T416 512 Z" fill="hsl(${hue},50%,25%)"/>
      <path d="M150 175 Q256 60 362 175 Z" fill="#fff"/>
    </svg>`;
    return this.sharp(Buffer.from(svg)).jpeg({ quality: 90 }).toBuffer();
  }

  /** A square picture of the wanted size, as WebP. */
  cut(kept: Buffer, size: number): Promise<Buffer> {
    return this.sharp(kept).resize(size, size).sharpen().webp({ quality: 80 }).toBuffer();
  }
}

/** The size that a query asks for. */
export function sizeOf(wanted: string | null): number {
  if (wanted === null) return USUAL;
  const size = Number(wanted);
  if (!Number.isInteger(size) || size < SMALLEST || size > LARGEST) {
    throw new HttpError(400, `size: a whole number from ${SMALLEST} to ${LARGEST}`);
  }
  return size;
}
