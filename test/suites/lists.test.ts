import { randomBytes } from "node:crypto";
import { afterAll, describe, expect, it } from "vitest";
import { walks, walkTables } from "../resources/all-entries.js";
import { neighbour, rowCount, strangerPrefix, type Walk, walker } from "../resources/walk.js";
import { keyTables } from "../support/fixture-keys.js";
import { startServer } from "../support/server.js";
import { expectInvalidToken, type PageInit, pageOf, refusalOf } from "./list-pages.js";

const server = await startServer({ tables: [...walkTables, ...keyTables([walker, neighbour])] });
afterAll(() => server.stop());

/** A token of each list for the others, issued once. */
const tokens = new Map<Walk, Promise<string>>();

/** Besides gRPC, the two JSON transports in turn. */
const cases = walks.map((walk, index) => [walk.title, walk, index % 2 === 0 ? "rest" : "connect-json", index] as const);

describe.each(cases)("%s", (_, walk, jsonTransport, index) => {
  const { ids } = walk;
  const keys = walk.keys ?? { walker, neighbour };

  const transports = ["grpc", jsonTransport] as const;
  // One piece of code judges a token, wherever it came from: every forgery is tried with some lists, and some with each.
  const isThorough = index % 6 === 0;

  describe.each(transports)("on %s", (transport) => {
    /**
     * One piece of code reads a page from a message that has been read, whatever brought it: each rule is tried with each
     * list on one transport, and on each transport with some lists. `turn` lets the rules of one list fall on both. Two
     * lists in a row have the same turn, one with each JSON transport.
     */
    const itInTurn = (turn: number) =>
      transports[(Math.floor(index / 2) + turn) % transports.length] === transport ? it : undefined;

    it("gives 50 rows for a page size of 0 or none, and else as many as asked for, 1 to 500", async () => {
      expect((await page({})).ids).toEqual(ids.slice(0, 50));
      expect((await page({ pageSize: 0 })).ids).toEqual(ids.slice(0, 50));
      expect((await page({ pageSize: 1 })).ids).toEqual(ids.slice(0, 1));
      expect((await page({ pageSize: 500 })).ids).toEqual(ids.slice(0, 500));
    });

    itInTurn(0)?.("refuses a page size below 0 or above 500", async () => {
      for (const pageSize of [-1, 501, -(2 ** 31), 2 ** 31 - 1]) {
        const { code, violations } = await refusal({ pageSize });
        expect(code).toBe("INVALID_ARGUMENT");
        expect(violations).toEqual([{ field: "pagination.page_size", reason: "OUT_OF_RANGE" }]);
      }
    });

    itInTurn(1)?.("begins at the first page without pagination", async () => {
      const reading = { server, walk, pagination: undefined, options: { transport, key: keys.walker } };
      expect((await pageOf(reading)).ids).toEqual(ids.slice(0, 50));
    });

    it('begins at the first page without a token, with "" and with "1"', async () => {
      const first = ids.slice(0, 3);
      expect((await page({ pageSize: 3 })).ids).toEqual(first);
      expect((await page({ pageSize: 3, pageToken: "" })).ids).toEqual(first);
      expect((await page({ pageSize: 3, pageToken: "1" })).ids).toEqual(first);
    });

    itInTurn(0)?.("takes a page number, answers it with a cursor, and ends behind the last row", async () => {
      const second = await page({ pageSize: 3, pageToken: "2" });
      expect(second.ids).toEqual(ids.slice(3, 6));
      expect((await page({ pageSize: 3, pageToken: second.nextPageToken })).ids).toEqual(ids.slice(6, 9));
      const beyond = await page({ pageSize: 500, pageToken: "3" });
      expect(beyond).toEqual({ ids: [], nextPageToken: "" });
    });

    itInTurn(1)?.("refuses page number 0 and page numbers beyond row 100,000", async () => {
      expect((await page({ pageSize: 500, pageToken: "201" })).ids).toEqual([]);
      for (const pageToken of ["0", "202", "9999999"]) await expectTokenRefused({ pageSize: 500, pageToken });
    });

    itInTurn(0)?.("gives every row exactly once in the documented order while others are inserted", async () => {
      const seen: string[] = [];
      let pageToken = "";
      try {
        for (let round = 0; round === 0 || pageToken !== ""; round += 1) {
          const next = await page({ pageSize: 150, pageToken });
          seen.push(...next.ids);
          pageToken = next.nextPageToken;
          await insertStrangers(round);
        }
      } finally {
        await removeStrangers(walk);
      }
      expect(seen.filter((id) => !id.startsWith(strangerPrefix))).toEqual(ids);
      expect(new Set(seen).size).toBe(seen.length);
      expect(seen.length > ids.length).toBe(!walk.strangersAreForeign);
    });

    itInTurn(1)?.(
      "answers with a token of at most 64 characters that is no number, and with none at the end",
      async () => {
        const { nextPageToken } = await page({ pageSize: 5 });
        expect(nextPageToken).toMatch(/^[A-Za-z0-9_-]{1,64}$/);
        expect(nextPageToken).not.toMatch(/^\d+$/);
        const most = Math.min(500, ids.length - 1);
        const before = await page({ pageSize: most });
        const last = await page({ pageSize: 500, pageToken: before.nextPageToken });
        expect(last).toEqual({ ids: ids.slice(most), nextPageToken: "" });
      },
    );

    itInTurn(0)?.("goes on from a token with another page size", async () => {
      const { nextPageToken } = await page({ pageSize: 5 });
      expect((await page({ pageSize: 7, pageToken: nextPageToken })).ids).toEqual(ids.slice(5, 12));
    });

    itInTurn(1)?.("refuses a token of another list", async () => {
      const others = walks.filter(({ method }) => method !== walk.method);
      for (const other of isThorough ? others : others.slice(0, 1)) {
        await expectTokenRefused({ pageToken: await tokenOf(other) });
      }
    });

    const { otherRequest } = walk;
    if (otherRequest) {
      itInTurn(0)?.("refuses a token issued for another filter", async () => {
        const { nextPageToken } = await page({ pageSize: 5 });
        const other = { ...walk, request: otherRequest };
        expectInvalidToken(
          await refusalOf({
            server,
            walk: other,
            pagination: { pageToken: nextPageToken },
            options: { transport, key: keys.walker },
          }),
        );
      });
    }

    itInTurn(1)?.("refuses a token issued to a key of other organizations", async () => {
      const { nextPageToken } = await page({ pageSize: 5 });
      expectInvalidToken(
        await refusalOf({
          server,
          walk,
          pagination: { pageToken: nextPageToken },
          options: { transport, key: keys.neighbour },
        }),
      );
    });

    itInTurn(0)?.("refuses a token that was changed in any place, cut or lengthened", async () => {
      const { nextPageToken: token } = await page({ pageSize: 5 });
      const places = isThorough ? [...token].map((_char, at) => at) : [0, token.length >> 1, token.length - 1];
      const changed = places.map((at) => token.slice(0, at) + (token[at] === "A" ? "B" : "A") + token.slice(at + 1));
      const cut = [token.slice(0, -1), token.slice(1), token.slice(0, 8)];
      const longer = [`${token}A`, `${token}=`, ` ${token}`, token.padEnd(65, "A")];
      const resized = isThorough ? [...cut, ...longer] : [cut[index % 3] ?? "", longer[index % 4] ?? ""];
      for (const pageToken of [...changed, ...resized]) await expectTokenRefused({ pageToken });
    });

    itInTurn(1)?.("refuses a token that is made up", async () => {
      const random = [8, 20, 48].map((size) => randomBytes(size).toString("base64url"));
      const words = ["a".repeat(65), "12345678", "-1", "1.0", "1e3", "２", "next", "'--", "\u0000"];
      const forged = isThorough ? [...random, ...words] : [random[index % 3] ?? "", words[index % words.length] ?? ""];
      for (const pageToken of forged) await expectTokenRefused({ pageToken });
    });

    const page = (pagination: PageInit) =>
      pageOf({ server, walk, pagination, options: { transport, key: keys.walker } });
    const refusal = (pagination: PageInit) =>
      refusalOf({ server, walk, pagination, options: { transport, key: keys.walker } });

    async function expectTokenRefused(pagination: PageInit): Promise<void> {
      expectInvalidToken(await refusal(pagination));
    }

    /** Some before, some between and some behind the rows of the walk. */
    async function insertStrangers(round: number): Promise<void> {
      const places = [0, 1, 2, 3].map((step) => Math.floor((rowCount / 3) * (step / 3)));
      const rows = places.map((place) => walk.stranger(`${strangerPrefix}${transport}_${round}_${place}`, place));
      await server.insert([[walk.table, rows]]);
    }
  });
});

function tokenOf(walk: Walk): Promise<string> {
  const options = { key: walk.keys?.walker ?? walker };
  const issue = async () => (await pageOf({ server, walk, pagination: { pageSize: 5 }, options })).nextPageToken;
  const token = tokens.get(walk) ?? issue();
  tokens.set(walk, token);
  return token;
}

async function removeStrangers({ table, isLedger }: Walk): Promise<void> {
  const { owner } = server.database;
  if (isLedger) await owner.query(`ALTER TABLE ${table} DISABLE TRIGGER USER`);
  await owner.query(`DELETE FROM ${table} WHERE id::text LIKE '${strangerPrefix}%'`);
  // Followed lists would show them as erased.
  await owner.query(`DELETE FROM departure WHERE resource_id LIKE '${strangerPrefix}%'`);
  if (isLedger) await owner.query(`ALTER TABLE ${table} ENABLE TRIGGER USER`);
}
