import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, expect, it } from "vitest";
import { copyOut } from "../../src/db/copy-out.js";
import { createDatabase } from "../support/database.js";

const database = await createDatabase();
afterAll(() => database.drop());

it("leaves the connection readable, wherever the last part of 64 KiB ends", async () => {
  const client = await database.owner.connect();
  try {
    for (const rows of [63, 64, 65, 66, 129, 200, 1_000]) {
      let [bytes, copied] = [0, 0];
      const text = `COPY (SELECT repeat('x', 1023) FROM generate_series(1, ${rows})) TO STDOUT`;
      for await (const part of copyOut(client, text, new AbortController().signal)) {
        bytes += part.bytes.length;
        copied += part.rows;
        // The rest arrives while the part waits.
        await sleep(20);
      }
      expect({ bytes, copied }).toEqual({ bytes: rows * 1024, copied: rows });
      const answer = client.query<{ one: number }>("SELECT 1 AS one").then((result) => result.rows);
      expect(await Promise.race([answer, sleep(5_000, "no answer")])).toEqual([{ one: 1 }]);
    }
  } finally {
    client.release(true);
  }
});
