import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { keys } from "../support/fixture-keys.js";

/** A file with the key of company A, which is removed at the end. */
export async function writtenKey(): Promise<AsyncDisposable & { readonly path: string }> {
  const folder = await mkdtemp(join(tmpdir(), "moego-mirror-"));
  const path = join(folder, "key");
  await writeFile(path, `${keys.a.secret}\n`, { mode: 0o600 });
  return { path, [Symbol.asyncDispose]: () => rm(folder, { recursive: true }) };
}
