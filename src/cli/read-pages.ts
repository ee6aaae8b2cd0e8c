import type { Cursor, Page } from "../core/page.js";

const pageSize = 500;

/** All rows of a list, page by page. */
export async function readPages<Row>(
  cursorOf: (row: Row) => Cursor,
  list: (page: Page) => Promise<readonly Row[]>,
): Promise<readonly Row[]> {
  const all: Row[] = [];
  for (;;) {
    const last = all.at(-1);
    const rows = await list({ size: pageSize, offset: 0, ...(last ? { after: cursorOf(last) } : {}) });
    all.push(...rows.slice(0, pageSize));
    if (rows.length <= pageSize) return all;
  }
}
