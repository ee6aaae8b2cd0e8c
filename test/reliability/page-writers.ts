import { setTimeout as sleep } from "node:timers/promises";
import { type ChangingList, markOf, newId, type Place } from "./changing-list.js";
import { randomOf } from "./run.js";

const random = randomOf("P1 writers");
/** A list is kept about so long. */
const length = { least: 25, most: 80 };
/** Names of new rows: so few that rows share them and their ids decide, of both cases and of several scripts. */
const names = ["Ash", "ash", "Äsh", "Moss", "Мох", "苔", "zoe", "Zoë"];

export interface PageWritersOptions {
  readonly place: Place;
  /** The lists whose rows are written. */
  readonly kinds: readonly ChangingList[];
}

/** Writers who insert, update, rename and remove rows of the lists, one at a time on each row. */
export class PageWriters {
  readonly #place: Place;
  readonly #kinds: readonly ChangingList[];
  /** By id, the name of each row that nobody has begun to rename or to remove. */
  readonly #rows: ReadonlyMap<ChangingList, Map<string, string>>;
  readonly #busy = new Set<string>();
  #running: Promise<unknown> = Promise.resolve();
  #done = false;
  /** Writes that were answered. */
  writes = 0;
  /** The list of every other write, so that much happens to it while it is walked; of none when absent. */
  favoured: ChangingList | undefined;

  constructor({ place, kinds }: PageWritersOptions) {
    this.#place = place;
    this.#kinds = kinds;
    this.#rows = new Map(kinds.map((kind) => [kind, new Map<string, string>()]));
  }

  /** Marks of the rows of the list that exist and that nobody has begun to rename or to remove. */
  marksOf(kind: ChangingList): ReadonlySet<string> {
    return new Set([...this.#rowsOf(kind)].map(([id, name]) => markOf(kind, id, name)));
  }

  /** Fills every list and then writes until `stop()`, after which it may begin once more. */
  async start(count: number): Promise<void> {
    const fill = async (kind: ChangingList) => {
      while (this.#rowsOf(kind).size < length.least) await this.#insert(kind);
    };
    await Promise.all(this.#kinds.map(fill));
    this.#done = false;
    this.#running = Promise.all(Array.from({ length: count }, () => this.#write()));
    // stop() tells of it; nobody goes on meanwhile.
    this.#running.catch(() => {
      this.#done = true;
    });
  }

  /** Ends the writing; rejects when a write was refused. */
  async stop(): Promise<void> {
    this.#done = true;
    await this.#running;
  }

  /** Updates, renames or removes a row, unless another writer is at it. */
  async disturb(kind: ChangingList, id: string): Promise<void> {
    if (!this.#rowsOf(kind).has(id) || this.#busy.has(id)) return;
    await this.#change(kind, id, random.below(2) === 0 ? "update" : "remove");
  }

  #rowsOf(kind: ChangingList): Map<string, string> {
    const rows = this.#rows.get(kind);
    if (!rows) throw new Error(`nobody writes ${kind.name}`);
    return rows;
  }

  async #write(): Promise<void> {
    while (!this.#done) {
      const kind = this.favoured && random.below(2) === 0 ? this.favoured : random.pick(this.#kinds);
      const { size } = this.#rowsOf(kind);
      const choice = size < length.least ? 0 : size > length.most ? 9 : random.below(10);
      if (choice < 3) await this.#insert(kind);
      else {
        const idle = [...this.#rowsOf(kind).keys()].filter((id) => !this.#busy.has(id));
        if (idle.length === 0) await sleep(1);
        else await this.#change(kind, random.pick(idle), choice < 7 ? "update" : "remove");
      }
      this.writes += 1;
    }
  }

  async #insert(kind: ChangingList): Promise<void> {
    const name = random.pick(names);
    const id = await kind.insert(this.#place, name);
    this.#rowsOf(kind).set(id, name);
  }

  async #change(kind: ChangingList, id: string, what: "update" | "remove"): Promise<void> {
    const rows = this.#rowsOf(kind);
    this.#busy.add(id);
    if (what === "remove" && kind.remove) {
      // From here on nobody counts on it.
      rows.delete(id);
      await kind.remove(this.#place, id);
    } else if (kind.byName && random.below(2) === 0) {
      // One that it never had: a row that came back to its old place would look as if it had stayed there.
      const name = `${random.pick(names)} ${newId()}`;
      rows.delete(id);
      await kind.byName.rename(this.#place, id, name);
      rows.set(id, name);
    } else await kind.update(this.#place, id);
    this.#busy.delete(id);
  }
}
