import { randomUUID } from "node:crypto";
import { HttpError } from "../errors.js";
import type { Native } from "../native.js";
import type { PortraitStudio } from "./portrait.js";

/** bcrypt reads so many bytes and ignores the rest. */
const MOST_PASSPHRASE_BYTES = 72;
const FEWEST_PASSPHRASE_LETTERS = 8;

interface Member {
  readonly id: string;
  readonly name: string;
  /** None for who cannot take a watch. */
  readonly hash: string | null;
  portrait: Buffer;
}

export interface Card {
  readonly id: string;
  readonly name: string;
}

/** Who is on board, with the hashes of their passphrases and their portraits. */
export class CrewRoll {
  private readonly members = new Map<string, Member>();

  constructor(
    private readonly bcrypt: Native["bcrypt"],
    private readonly studio: PortraitStudio,
    /** bcrypt's cost: each step doubles the work. */
    private readonly cost = 10,
    private readonly berths = 100,
  ) {}

  /** Puts the master on the roll, who has a portrait and no passphrase. */
  async muster(): Promise<void> {
    this.members.set("master", { id: "master", name: "Master", hash: null, portrait: await this.studio.draw("Master") });
  }

  /** Checks that bcrypt works, at its least cost. */
  async selfTest(): Promise<void> {
    const hash = await this.bcrypt.hash("ahoy", 4);
    if (!(await this.bcrypt.compare("ahoy", hash))) throw new Error("bcrypt does not know its own hash");
  }

  async enrol(name: unknown, passphrase: unknown): Promise<Card> {
    if (typeof name !== "string" || name.trim() === "" || name.length > 80) {
      throw new HttpError(400, "name: 1 to 80 letters");
    }
    const words = this.passphrase(passphrase);
    if (words.length < FEWEST_PASSPHRASE_LETTERS) {
      throw new HttpError(400, `passphrase: ${FEWEST_PASSPHRASE_LETTERS} letters at least`);
    }
    const hash = await this.bcrypt.hash(words, this.cost);
    const portrait = await this.studio.draw(name.trim());
    if (this.members.size >= this.berths) throw new HttpError(409, "no berth is free");
    const member = { id: randomUUID(), name: name.trim(), hash, portrait };
    this.members.set(member.id, member);
    return { id: member.id, name: member.name };
  }

  /** Whether somebody may take the watch: the passphrase is theirs. */
  async mayTakeWatch(id: string, passphrase: unknown): Promise<boolean> {
    const { hash } = this.find(id);
    return hash !== null && (await this.bcrypt.compare(this.passphrase(passphrase), hash));
  }

  async sit(id: string, picture: Buffer): Promise<void> {
    const member = this.find(id);
    member.portrait = await this.studio.take(picture);
  }

  portrait(id: string, size: number): Promise<Buffer> {
    return this.studio.cut(this.find(id).portrait, size);
  }

  private find(id: string): Member {
    const member = this.members.get(id);
    if (member === undefined) throw new HttpError(404, "nobody of that id is on board");
    return member;
  }

  private passphrase(said: unknown): string {
    if (typeof said !== "string" || Buffer.byteLength(said) > MOST_PASSPHRASE_BYTES) {
      throw new HttpError(400, `passphrase: a text of ${MOST_PASSPHRASE_BYTES} bytes at most`);
    }
    return said;
  }
}
