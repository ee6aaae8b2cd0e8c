import { createHash, createHmac } from "node:crypto";
import { idPrefixes, toBase62 } from "../../core/ids.js";
import type { ImportedKind } from "../../resources/import-jobs/import-job.model.js";

interface KeyOptions {
  /** Random, of the company. Without it, phone numbers cannot be tried until a key matches. */
  readonly secret: Uint8Array;
  /** Name of the import. */
  readonly name: string;
  /** How many imports with the name were undone: their ids belong to erased records. */
  readonly generation: number;
}

export interface EntryKeys {
  /** Names a record of the file in the table of entries. */
  keyOf(kind: ImportedKind, identity: string): string;
  /** The id of the stored record: the same in every run, so that no run stores a record twice. */
  recordIdOf(kind: ImportedKind, identity: string): string;
  hashOf(content: unknown): string;
}

const digits = 22;

export function createEntryKeys({ secret, name, generation }: KeyOptions): EntryKeys {
  const mac = (parts: readonly string[]) =>
    toBase62(
      createHmac("sha256", secret)
        .update(JSON.stringify(["import", name, ...parts]))
        .digest()
        .subarray(0, 16),
      digits,
    );
  return {
    keyOf: (kind, identity) => mac([kind, identity]),
    recordIdOf: (kind, identity) => idPrefixes.imported + mac([kind, identity, String(generation)]),
    hashOf: (content) => createHash("sha256").update(jsonOf(content)).digest("base64url").slice(0, 22),
  };
}

/** JSON with the seconds of times as texts. Most rows have none, and then it takes a fifth of the time. */
function jsonOf(content: unknown): string {
  try {
    return JSON.stringify(content);
  } catch {
    return JSON.stringify(content, (_, value) => (typeof value === "bigint" ? String(value) : value));
  }
}
