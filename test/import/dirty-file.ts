import { randomOf } from "../reliability/run.js";
import { openQuote, readDirt, refusedDirt } from "./dirt.js";
import {
  cleanRow,
  csvLine,
  type Dirt,
  type Fault,
  headers,
  type MadeRow,
  type StoredOwner,
  type StoredPet,
} from "./dirty-row.js";

/** A file with every kind of dirt, and what must become of its rows. */
export interface DirtyFile {
  readonly content: Buffer;
  readonly counts: Readonly<Record<MadeRow["outcome"], number>>;
  readonly faults: readonly (Fault & { readonly row: number })[];
  readonly owners: readonly StoredOwner[];
  readonly pets: readonly StoredPet[];
}

/** Every kind of dirt once, then kinds that the seed picks, in an order that the seed decides. */
export function makeDirtyFile(rows: number): DirtyFile {
  const random = randomOf("dirty rows");
  const kinds = [...readDirt(0), ...refusedDirt(0)].length;
  const picked = Array.from({ length: rows - 2 }, (_, at) => (at < kinds ? at : random.below(kinds)));
  for (let last = picked.length - 1; last > 0; last -= 1) {
    const other = random.below(last + 1);
    [picked[last], picked[other]] = [picked[other] ?? 0, picked[last] ?? 0];
  }
  const made: MadeRow[] = [];
  const stored: number[] = [];
  const add = (number: number, dirt: Dirt) => {
    const row = makeRow(number, dirt, () => random.pick(stored));
    if (row.dirt === "nothing") stored.push(number);
    made.push(row);
  };
  // The first row is clean, so that any other can repeat its owner.
  add(0, { name: "nothing" });
  for (const [at, kind] of picked.entries()) {
    const number = at + 1;
    const dirt = [...readDirt(number), ...refusedDirt(number)][kind];
    if (dirt) add(number, dirt);
  }
  add(rows - 1, openQuote);
  return fileOf(made);
}

function makeRow(number: number, dirt: Dirt, earlier: () => number): MadeRow {
  const { name, faults = [], line = (bytes: Buffer) => bytes, repeats } = dirt;
  const clean = cleanRow(number);
  const repeated = repeats && cleanRow(earlier());
  const cells = {
    ...clean.cells,
    ...repeated?.cells,
    ...(repeats === "pet" ? { "Pet Name": clean.cells["Pet Name"] } : {}),
    ...(repeats === "other cells" ? { Notes: "Moved" } : {}),
    ...dirt.cells,
  };
  const made = { dirt: name, line: line(Buffer.from(csvLine(headers.map((header) => cells[header])))), faults };
  if (faults.length > 0) return { ...made, outcome: "failed" };
  if (repeats === "pet") {
    return { ...made, outcome: "created", pet: { ...clean.pet, owner: repeated?.owner.name ?? "" } };
  }
  if (repeats) return { ...made, outcome: "skipped" };
  const owner = { ...clean.owner, ...dirt.owner };
  const pet = dirt.pet === "none" ? undefined : { ...clean.pet, ...dirt.pet, owner: owner.name };
  return { ...made, outcome: "created", owner, ...(pet ? { pet } : {}) };
}

function fileOf(made: readonly MadeRow[]): DirtyFile {
  let row = 1;
  const faults: DirtyFile["faults"][number][] = [];
  const counts = { created: 0, skipped: 0, failed: 0 };
  for (const one of made) {
    // A line in a quoted cell is not a row. Blank rows have numbers.
    row += one.dirt === "blank lines before" ? 4 : 1;
    counts[one.outcome] += 1;
    faults.push(...one.faults.map((fault) => ({ row, ...fault })));
  }
  return {
    content: Buffer.concat([Buffer.from(`\ufeff${csvLine(headers)}`), ...made.map(({ line }) => line)]),
    ...{ counts, faults },
    owners: made.flatMap(({ owner }) => owner ?? []),
    pets: made.flatMap(({ pet }) => pet ?? []),
  };
}
