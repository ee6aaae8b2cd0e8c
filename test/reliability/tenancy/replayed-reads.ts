import pg from "pg";
import { type Mutant, mutated } from "./mutants.js";
import type { Use } from "./statements.js";

/** Sends again what calls have read, on a connection of its own, and undoes it. */
export interface ReplayedReads {
  /**
   * Whether a call can go otherwise without the predicates. It cannot if the statement, which it sent before it wrote
   * anything, finds the same rows without them: then every later step is as it was. A statement that cannot be sent alone
   * makes a difference as far as is known.
   */
  mayDiffer(mutant: Mutant, uses: readonly Use[] | undefined): Promise<boolean>;
  close(): Promise<void>;
}

/** Texts as the database sends them. */
const asTexts = { getTypeParser: () => (text: string | Buffer) => text };

export async function openReplayedReads(connectionString: string): Promise<ReplayedReads> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  /** What was found, by text and values: those of the last statement. */
  let found = new Map<string, Promise<string | undefined>>();
  let last = "";

  async function read(text: string, values: readonly unknown[]): Promise<string | undefined> {
    // A read may lock, and its functions may write.
    await client.query("BEGIN");
    try {
      const { rows } = await client.query({ text, values: [...values], rowMode: "array", types: asTexts });
      return rows
        .map((row) => JSON.stringify(row))
        .toSorted()
        .join("\n");
    } catch {
      return undefined;
    } finally {
      await client.query("ROLLBACK");
    }
  }

  function rowsOf(text: string, values: readonly unknown[]): Promise<string | undefined> {
    const id = JSON.stringify([text, values], (_name, value) => (typeof value === "bigint" ? String(value) : value));
    const rows = found.get(id) ?? read(text, values);
    found.set(id, rows);
    return rows;
  }

  return {
    async mayDiffer(mutant, uses = []) {
      if (last !== mutant.text) found = new Map();
      last = mutant.text;
      if (uses.length === 0 || uses.some(({ isFirst }) => !isFirst)) return true;
      for (const { text, values } of uses) {
        const rows = await rowsOf(text, values);
        if (rows === undefined || rows !== (await rowsOf(mutated(text, mutant), values))) return true;
      }
      return false;
    },
    close: () => client.end(),
  };
}
