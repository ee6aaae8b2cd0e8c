import { afterAll, describe, expect, it } from "vitest";
import { walks, walkTables } from "../resources/all-entries.js";
import { neighbour, strangerPrefix, walker } from "../resources/walk.js";
import { keyTables } from "../support/fixture-keys.js";
import { startServer } from "../support/server.js";
import { expectInvalidToken, type PageInit, pageOf, refusalOf } from "./list-pages.js";

const server = await startServer({ tables: [...walkTables, ...keyTables([walker, neighbour])] });
afterAll(() => server.stop());

const byName = walks.filter(({ title }) => title.includes(", by name"));
const cases = walks.flatMap((walk) =>
  (walk.nameColumns ?? []).map((column) => [`${walk.title} by ${column}`, walk, column] as const),
);

it("knows the names of every list that goes by name", () => {
  expect(walks.filter(({ nameColumns = [] }) => nameColumns.length > 0)).toEqual(byName);
});

describe.each(cases)("%s", (_, walk, column) => {
  const { ids, table } = walk;
  const options = { key: walk.keys?.walker ?? walker };
  const page = (pagination: PageInit) => pageOf({ server, walk, pagination, options });
  const refusal = (pagination: PageInit) => refusalOf({ server, walk, pagination, options });

  it.each(["~ behind all", "  before all"])(
    "refuses the token of a row that was renamed to %j, and a walk begun anew misses no row",
    async (name) => {
      const { ids: seen, nextPageToken } = await page({ pageSize: 20 });
      const last = seen.at(-1) ?? "";
      const old = await rename(last, name);
      try {
        expectInvalidToken(await refusal({ pageSize: 500, pageToken: nextPageToken }));
        const first = await page({ pageSize: 20 });
        const rest = await page({ pageSize: 500, pageToken: first.nextPageToken });
        expect([...first.ids, ...rest.ids].toSorted()).toEqual(ids.toSorted());
      } finally {
        await rename(last, old);
      }
      const rest = await page({ pageSize: 500, pageToken: nextPageToken });
      expect([...seen, ...rest.ids]).toEqual(ids);
    },
  );

  it("goes on though another row was renamed", async () => {
    const { ids: seen, nextPageToken } = await page({ pageSize: 20 });
    const old = await rename(seen[0] ?? "", "~ behind all");
    try {
      expect((await page({ pageSize: 5, pageToken: nextPageToken })).ids).toEqual(ids.slice(20, 25));
    } finally {
      await rename(seen[0] ?? "", old);
    }
  });

  if (!walk.strangersAreForeign) {
    it("refuses the token of a row that is gone", async () => {
      const stranger = `${strangerPrefix}gone`;
      await server.insert([[table, [walk.stranger(stranger, 10)]]]);
      const all = await page({ pageSize: 500 });
      const { nextPageToken } = await page({ pageSize: all.ids.indexOf(stranger) + 1 });
      await server.database.owner.query(`DELETE FROM ${table} WHERE id = $1`, [stranger]);
      expectInvalidToken(await refusal({ pageToken: nextPageToken }));
    });
  }

  /** Gives the name that it had. */
  async function rename(id: string, name: string): Promise<string> {
    const { rows } = await server.database.owner.query<{ old: string }>(
      `UPDATE ${table} t SET ${column} = $2 FROM (SELECT id, ${column} AS old FROM ${table} WHERE id = $1) AS o
       WHERE t.id = o.id RETURNING o.old`,
      [id, name],
    );
    expect(rows).toHaveLength(1);
    return rows[0]?.old ?? "";
  }
});
