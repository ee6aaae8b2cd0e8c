import { readFile, writeFile } from "node:fs/promises";
import { z } from "zod";
import { FileError } from "../reading/row.js";
import type { ColumnPlan, ColumnUse, Mapping } from "./column-plan.js";
import type { ImportKind } from "./import-kind.js";
import { importKinds } from "./import-kind.js";

const mappingFile = z.object({ kind: z.enum(importKinds), columns: z.record(z.string(), z.string()) });

/** Reads what `--save-mapping` wrote. */
export async function readMapping(path: string, kind: ImportKind): Promise<Mapping> {
  let parsed: z.infer<typeof mappingFile>;
  try {
    parsed = mappingFile.parse(JSON.parse(await readFile(path, "utf8")));
  } catch {
    throw new FileError(`${path} is not a mapping file. --save-mapping writes one.`);
  }
  if (parsed.kind !== kind) throw new FileError(`${path} is a mapping for ${parsed.kind}, not for ${kind}.`);
  return new Map(Object.entries(parsed.columns));
}

/** Writes the use of each column, to be edited by hand and used again. */
export async function saveMapping(path: string, kind: ImportKind, { columns }: ColumnPlan): Promise<void> {
  const uses = Object.fromEntries(columns.map(({ header, use }) => [header, useText(use)]));
  await writeFile(path, `${JSON.stringify({ kind, columns: uses }, null, 2)}\n`);
}

function useText(use: ColumnUse): string {
  switch (use.kind) {
    case "field":
      return use.field;
    case "custom":
      return `custom:${use.id}`;
    default:
      return use.kind;
  }
}
