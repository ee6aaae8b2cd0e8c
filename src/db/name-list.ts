import { nameCursor, type Page, pageTokenInvalid } from "../core/page.js";
import type { Database } from "./database.js";
import type { Statement } from "./statement.js";

interface NamePage {
  /** Selects `name text[]`, the parts of the name in list order, of the row with id `$1` in the scope. */
  readonly nameOf: Statement;
  /** From `$2` on. */
  readonly scope: readonly unknown[];
  readonly page: Page;
}

/**
 * The position at which a page of a list ordered by name starts: the name, as an array of its parts, and the id of the
 * preceding row; nulls for the first page. The cursor contains only a hash of the name, so the current name of the row
 * is used if it is unchanged. If the name changed, pagination could silently skip or repeat rows.
 *
 * Throws PAGE_TOKEN_INVALID if the row was renamed or removed.
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
