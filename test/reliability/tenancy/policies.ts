import type pg from "pg";
import { commandsOf } from "./commands.js";
import type { Known } from "./judge.js";
import type { Mutant } from "./mutants.js";
import { tenantTables } from "./neighbour.js";
import type { Call } from "./traces.js";

/** Turns row-level security on or off, for every table that has policies. */
export async function setPolicies(owner: pg.Pool, isOn: boolean): Promise<void> {
  const { rows } = await owner.query<{ name: string }>("SELECT DISTINCT tablename AS name FROM pg_policies");
  for (const { name } of rows) {
    await owner.query(`ALTER TABLE "${name}" ${isOn ? "ENABLE" : "DISABLE"} ROW LEVEL SECURITY`);
  }
}

/** Takes away the triggers that refuse to write rows of the neighbour (neighbour.ts). */
export async function leaveNeighbourUnguarded(owner: pg.Pool): Promise<void> {
  const client = await owner.connect();
  try {
    for (const { name } of await tenantTables(client)) {
      await client.query(`DROP TRIGGER IF EXISTS a_neighbour_is_untouched ON "${name}"`);
    }
  } finally {
    client.release();
  }
}

/** A writing statement without some of its predicates, and the calls that send it. */
export interface Weakened extends Pick<Known<Call>, "calls"> {
  readonly mutant: Mutant;
}

/** Each statement that writes, without one predicate at a time (every so many) and without all of them. */
export function weakened(known: readonly Known<Call>[], step: number): readonly Weakened[] {
  const writing = known.filter(({ predicate }) => commandsOf(predicate.text).length > 0);
  const single = writing
    .filter((_, place) => place % step === 0)
    .map(({ predicate: { text, place }, calls }) => ({ mutant: { text, without: [place] }, calls }));
  const all = new Map<string, Weakened>();
  for (const { predicate, calls } of writing) {
    const before = all.get(predicate.text);
    const without = [...(before?.mutant.without ?? []), predicate.place];
    all.set(predicate.text, {
      mutant: { text: predicate.text, without },
      calls: [...new Set([...(before?.calls ?? []), ...calls])],
    });
  }
  return [...single, ...[...all.values()].filter(({ mutant }) => mutant.without.length > 1 || step > 1)];
}
