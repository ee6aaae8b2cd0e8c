import { nameCursor, type Page, pageTokenInvalid } from "../core/page.js";
import type { Database } from "./database.js";
import type { Statement } from "./statement.js";

export interface NamePage {
  /** Selects `name text[]`, the parts of the name in the list's order, of the row with the id `$1` in the scope. */
  readonly nameOf: Statement;
  /** From `$2` on. */
  readonly scope: readonly unknown[];
  readonly page: Page;
}

/**
 * Where a page of a name-ordered list begins: the name, as an array of its parts, and the id of the row it follows; nulls
 * for the first page. The cursor holds no name but its hash. The name that the row has now is its place only if it is
 * the name it had: from any other name the walk would pass rows, or give them twice, and nobody would know.
 *
 * Throws PAGE_TOKEN_INVALID when the row was renamed or is gone.
 */
export async function resolveNameCursor(
  database: Database,
  { nameOf, scope, page: { after } }: NamePage,
  signal: AbortSignal,
): Promise<readonly [names: readonly string[] | null, id: string | null]> {
  if (!after) return [null, null];
  const [row] = await database.read<{ name: readonly string[] }>(nameOf, [after.id, ...scope], signal);
  if (!row || nameCursor(after.id, ...row.name).nameHash !== after.nameHash) {
    throw pageTokenInvalid(
      "The last row of the previous page was renamed or removed. " + "Restart pagination without a token.",
    );
  }
  return [row.name, after.id];
}
