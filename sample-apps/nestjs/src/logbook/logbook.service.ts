import { randomUUID } from "node:crypto";
import { ConflictException, Inject, Injectable, NotFoundException } from "@nestjs/common";
import type { EntryDto, Watch } from "./entry.dto";

export const CLOCK = Symbol("clock");
export type Clock = () => Date;

export interface Entry extends Readonly<EntryDto> {
  readonly id: string;
  readonly writtenAt: string;
}

/** The entries in the order in which they were written, held in memory. None is ever changed or taken out. */
@Injectable()
export class LogbookService {
  readonly #entries = new Map<string, Entry>();
  readonly #corrected = new Set<string>();

  constructor(@Inject(CLOCK) private readonly clock: Clock) {}

  write(dto: EntryDto): Entry {
    if (dto.corrects !== undefined) {
      this.find(dto.corrects);
      if (this.#corrected.has(dto.corrects)) {
        throw new ConflictException("the entry is corrected already: correct the correction");
      }
      this.#corrected.add(dto.corrects);
    }
    const entry: Entry = { id: randomUUID(), writtenAt: this.clock().toISOString(), ...dto };
    this.#entries.set(entry.id, entry);
    return entry;
  }

  find(id: string): Entry {
    const entry = this.#entries.get(id);
    if (entry === undefined) throw new NotFoundException("no such entry");
    return entry;
  }

  /** What holds now: corrected entries are left out, unless all are asked for. */
  list({ watch, all = false }: { watch?: Watch; all?: boolean } = {}): Entry[] {
    return [...this.#entries.values()].filter(
      (entry) => (watch === undefined || entry.watch === watch) && (all || !this.#corrected.has(entry.id)),
    );
  }
}
