import { readFile } from "node:fs/promises";
import { exitOfFile } from "../core/exit-codes.js";
import { checkOf } from "../db/backup/secret-checks.js";
import { ExportError } from "./export-error.js";
import { codeOf } from "./export-folder.js";

const name = "OPT_OUT_KEY";
const keyBytes = 32;

/** Identifies the key in a manifest. It reveals nothing about it. */
export function checkOptOutKey(key: Uint8Array): string {
  return checkOf(name, key);
}

/** The line of the file that `moego secrets export --company` writes. */
export function optOutKeyLine(key: Uint8Array): string {
  return `${name}=${Buffer.from(key).toString("base64")}`;
}

/** @throws ExportError if the file has no such line */
export async function readOptOutKey(path: string): Promise<Uint8Array> {
  const text = await readFile(path, "utf8").catch((cause: unknown) => {
    throw new ExportError(`Cannot read ${path} (${codeOf(cause) ?? "unknown"}).`, {
      cause,
      exit: exitOfFile(cause, "noInput"),
    });
  });
  const [, value = ""] = new RegExp(`^${name}=(\\S+)$`, "m").exec(text) ?? [];
  const key = Buffer.from(value, "base64");
  if (key.length === keyBytes) return key;
  throw new ExportError(`${path} has no ${name}. \`moego secrets export FILE --company ID\` writes such a file.`);
}
