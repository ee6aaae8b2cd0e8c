import { expect } from "vitest";
import { moegoHere } from "../server/command.js";
import { environmentOf } from "../server/service.js";
import type { TestDatabase } from "../support/database.js";

/** Fills a database with the demo data. */
export async function seed(database: TestDatabase): Promise<void> {
  expect(await moegoHere(["seed"], { ...environmentOf(database), SEED_DEMO: "1" })).toMatchObject({ code: 0 });
}

/** Adds so many rows that writing, loading and comparing them take a part of the time. */
export async function addManyRows({ owner }: TestDatabase): Promise<void> {
  await owner.query(
    `INSERT INTO change (company_id, kind, resource_id, version, rpc, key_id, request_id, changed_time)
     SELECT 'cmp_001', 'customer', 'cus_' || n, 1, 'Rpc', 'key', 'request', now() FROM generate_series(1, 60000) n`,
  );
}
