import { setTimeout as sleep } from "node:timers/promises";
import { type PagedKind, type Place, pagedKinds } from "./paged-kinds.js";
import { randomOf } from "./run.js";

const random = randomOf("P1 writers");
/** A list is kept about so long. */
const length = { least: 25, most: 80 };

/** Writers who insert, update and remove rows of every list, one at a time on each row. */
export class PageWriters {
  readonly #place: Place;
  readonly #rows = new Map<PagedKind, Set<string>>(pagedKinds.map((kind) => [kind, new Set<string>()]));
  readonly #busy = new Set<string>();
  #running: Promise<unknown> = Promise.resolve();
  #done = false;
  /** Writes that were answered. */
  writes = 0;

  constructor(place: Place) {
    this.#place = place;
  }

  /** The rows of the list that exist and that nobody has begun to remove. */
  rowsOf(kind: PagedKind): ReadonlySet<string> {
    return new Set(this.#rows.get(kind));
  }

  /** Fills every list and then writes until `stop()`. */
  async start(count: number): Promise<void> {
    const fill = async (kind: PagedKind) => {
      while (this.rowsOf(kind).size < length.least) await this.#insert(kind);
    };
    await Promise.all(pagedKinds.map(fill));
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

  async #write(): Promise<void> {
    while (!this.#done) {
      const kind = random.pick(pagedKinds);
      const size = this.#rows.get(kind)?.size ?? 0;
      const choice = size < length.least ? 0 : size > length.most ? 9 : random.below(10);
      if (choice < 3) await this.#insert(kind);
      else await this.#change(kind, choice < 7 ? "update" : "remove");
      this.writes += 1;
    }
  }

  async #insert(kind: PagedKind): Promise<void> {
    const id = await kind.insert(this.#place);
    this.#rows.get(kind)?.add(id);
  }

  async #change(kind: PagedKind, what: "update" | "remove"): Promise<void> {
    const rows = this.#rows.get(kind) ?? new Set();
    const idle = [...rows].filter((id) => !this.#busy.has(id));
    if (idle.length === 0) return sleep(1);
    const id = random.pick(idle);
    this.#busy.add(id);
    // From here on nobody counts on it.
    if (what === "remove") rows.delete(id);
    await kind[what](this.#place, id);
    this.#busy.delete(id);
  }
}
