import type pg from "pg";
import {
  type MirroredKind,
  type MirroredPart,
  type MirroredRecord,
  type MirroredRow,
  type MirrorRepository,
  mirroredParts,
} from "../../src/resources/mirrors/mirror.model.js";
import { type PartTable, partTables } from "../../src/resources/mirrors/mirrored-row.columns.js";
import { foreignId, tenant } from "../reliability/tenancy/neighbour.js";

/** What is done with the storage of a mirror. */
export interface MirrorStep {
  readonly name: string;
  run(): Promise<unknown>;
}

/** Kinds with a column of text: the first record of each, and the pet of a lead. */
const samples: readonly (readonly [kind: MirroredKind, column: string, id?: string])[] = [
  ...(["business", "tag", "referral_source", "life_cycle", "action_status", "pet_size"] as const).map(named),
  ...(["pet_type", "pet_coat_type", "service", "pet", "package"] as const).map(named),
  ...(["staff", "customer", "lead"] as const).map((kind) => [kind, "first_name"] as const),
  ...([
    ["pet_code", "description"],
    ["custom_field", "label"],
    ["pet", "name", "pet_l1"],
  ] as const),
];

function named(kind: MirroredKind) {
  return [kind, "name"] as const;
}

/** Of the package, with fewer units than are stored. */
const item = { id: "ps_a1", total: 5, remaining: 5, goodwill: 0, services: [] };

/** Every kind of record: as it is stored, changed, and new under an id that only another company has. */
export async function mirrorSteps(owner: pg.Pool, open: () => MirrorRepository): Promise<readonly MirrorStep[]> {
  const steps: MirrorStep[] = [];
  for (const [kind, column, id = ""] of samples) {
    const equal = await storedRecord(owner, kind, id);
    const changed = { ...equal, row: { ...equal.row, [column]: "Mirrored" }, parts: withoutFirst(equal.parts) };
    const { raw_id: _, name_key: __, code: ___, ...row } = changed.row;
    const made = { ...changed, id: foreignId(equal.id), row, parts: {} };
    steps.push(
      { name: `${kind} compared`, run: () => open().differences([equal, changed]) },
      { name: `${kind} compared alone`, run: () => open().difference(equal) },
      { name: `${kind} stored as it is`, run: () => open().put(equal) },
      { name: `${kind} changed`, run: () => open().put(changed) },
      { name: `${kind} made`, run: () => open().put(made) },
      { name: `${kind} listed`, run: () => open().ids(kind, "", 1_000) },
    );
  }
  return [...steps, { name: "pets of a lead", run: () => open().petsOfLead("lcus_a1") }];
}

/** A record as a source would tell it that has the same. */
async function storedRecord(owner: pg.Pool, kind: MirroredKind, id: string): Promise<MirroredRecord> {
  const { rows } = await owner.query<{ id: string; row: MirroredRow }>(
    `SELECT t.id, to_jsonb(t) - '{id,company_id,version,change_xid}'::text[] - array(
       SELECT c.column_name::text FROM information_schema.columns c
       WHERE c.table_name = '${kind}' AND c.is_generated = 'ALWAYS') AS row
     FROM ${kind} t WHERE t.company_id = $1 AND $2 IN ('', t.id) ORDER BY t.id LIMIT 1`,
    [tenant, id],
  );
  const [found] = rows;
  if (!found) throw new Error(`There is no ${kind}.`);
  const parts: Partial<Record<MirroredPart, readonly MirroredRow[]>> = {};
  for (const part of mirroredParts) {
    const table = partTables[kind]?.[part];
    if (table) parts[part] = await partRows(owner, table, found.id);
  }
  const { row } = found;
  const lines = { phones: [{ number: String(row["phone"]) }], email: String(row["email"]) };
  return {
    ...{ kind, id: found.id, row, parts },
    ...(kind === "customer" || kind === "lead" ? { lines } : {}),
    ...(kind === "package" ? { units: { used: false, applied: false, items: [item] } } : {}),
  };
}

async function partRows(
  owner: pg.Pool,
  { table, owner: ownerColumn, key, columns }: PartTable,
  id: string,
): Promise<readonly MirroredRow[]> {
  const { rows } = await owner.query<MirroredRow>(
    `SELECT ${columns.join(", ")} FROM ${table} WHERE company_id = $1 AND ${ownerColumn} = $2 ORDER BY ${key.join(", ")}`,
    [tenant, id],
  );
  return rows;
}

function withoutFirst(parts: MirroredRecord["parts"]): MirroredRecord["parts"] {
  const rest: Partial<Record<MirroredPart, readonly MirroredRow[]>> = {};
  for (const part of mirroredParts) if (parts[part]) rest[part] = parts[part].slice(1);
  return rest;
}
