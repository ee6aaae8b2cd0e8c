import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openRows, type ReadingOptions } from "../../src/import/reading/open-rows.js";
import type { FileRow } from "../../src/import/reading/row.js";

export interface ReadFile {
  readonly format: string;
  readonly header: readonly string[];
  readonly rows: readonly FileRow[];
  readonly notes: readonly string[];
}

/** Calls back with the path of a file that has the content. */
export async function withFile<T>(
  name: string,
  content: string | Uint8Array,
  use: (path: string) => Promise<T>,
): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), "import-"));
  try {
    const path = join(folder, name);
    await writeFile(path, content);
    return await use(path);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Writes the content to a file and reads all of its rows. */
export function readBack(content: string | Uint8Array, options?: ReadingOptions, name = "file.csv"): Promise<ReadFile> {
  return withFile(name, content, (path) => readAll(path, options));
}

export async function readAll(path: string, options?: ReadingOptions): Promise<ReadFile> {
  const { format, header, notes, rows: lists } = await openRows(path, options);
  const rows: FileRow[] = [];
  for await (const list of lists) rows.push(...list);
  return { format, header, notes, rows };
}
