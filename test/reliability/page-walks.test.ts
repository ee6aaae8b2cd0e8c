import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { afterAll, expect, it } from "vitest";
import { addCustomers, changeSlowly, createSync, type Followed, missedBy, pollDuring } from "../faults/sync.js";
import { openWorld, type World } from "../faults/world.js";
import { openPlace } from "./changing-list.js";
import { changingLists, listsByTime } from "./changing-lists.js";
import { byNumber, byToken, openLists, walkAmongWriters, writerCount } from "./page-walks.js";
import { PageWriters } from "./page-writers.js";
import { randomOf, record, times } from "./run.js";

const random = randomOf("P1 sync");

// One for the walks and their control: to fill the lists takes longer than to walk them.
const lists = await openLists();
afterAll(() => lists[Symbol.asyncDispose]());

it("P1: a walk sees every surviving row exactly once, whatever is written meanwhile", async (context) => {
  const { missed, twice, refused, done, found } = await walkAmongWriters(lists, {
    walks: times({ short: 44, long: 500 }),
    turn: byToken,
  });
  record(context, {
    id: "P1",
    done,
    seen: `${found}, ${refused.length} tokens rejected although their row was unchanged`,
    must: "0 missed, 0 duplicates, 0 rejected",
  });
  expect(missed).toEqual([]);
  expect(twice).toEqual([]);
  expect(refused).toEqual([]);
});

it("P1 control: walked by page numbers, lists show rows twice or not at all", async (context) => {
  const { missed, twice, done, found } = await walkAmongWriters(lists, { walks: changingLists.length, turn: byNumber });
  record(context, {
    id: "P1 control",
    done: `${done}, by page numbers`,
    seen: found,
    must: "some missed or duplicated",
  });
  expect(missed.length + twice.length).toBeGreaterThan(0);
});

const followed: readonly Followed[] = [
  { list: "customers", table: "customer", pageSize: 20 },
  { list: "leads", table: "lead", pageSize: 7, shown: "archived_time IS NULL AND promoted_customer_id IS NULL" },
  { list: "pets", table: "pet", pageSize: 7, shown: "customer_id IS NOT NULL" },
];

/** Follows three lists by `lastUpdatedTime` while eight writers write and two change customers in slow transactions. */
async function followWriters(world: World, durationMs: number) {
  const place = await openPlace(world);
  const slowIds = await addCustomers(world, place, 200);
  const writers = new PageWriters({ place, kinds: listsByTime });
  await writers.start(writerCount);
  const pool = new pg.Pool({ connectionString: world.database.ownerUrl, max: 2 });
  const end = Date.now() + durationMs;
  const slow = [0, 1].map(async (lane) => {
    const own = slowIds.filter((_, index) => index % 2 === lane);
    while (Date.now() < end) await changeSlowly(pool, place, random.pick(own));
  });
  const work = Promise.all([sleep(durationMs), ...slow]).then(() => writers.stop());
  const syncs = followed.map((list) => ({ list, sync: createSync(place, list) }));
  await Promise.all(syncs.map(({ sync }) => pollDuring(sync, work))).finally(() => pool.end());
  const missed: string[] = [];
  for (const { list, sync } of syncs) missed.push(...(await missedBy(sync, world, { ...place, ...list })));
  const seen = syncs.reduce((sum, { sync }) => sum + sync.seen.size, 0);
  return { missed, seen, writes: writers.writes };
}

it("P1: who follows lastUpdatedTime misses no change", async (context) => {
  await using world = await openWorld();
  const { missed, seen, writes } = await followWriters(world, times({ short: 5_000, long: 120_000 }));
  record(context, {
    id: "P1 sync",
    done: `${followed.length} lists synchronized by lastUpdatedTime during ${writes} writes of ${writerCount} writers and two slow ones`,
    seen: `${seen} rows received, ${missed.length} not in their latest state`,
    must: "0",
  });
  expect(missed).toEqual([]);
});

it("P1 control: where changes do not wait for earlier ones, a follower misses some", async (context) => {
  await using world = await openWorld();
  await world.database.owner.query(
    "CREATE OR REPLACE FUNCTION change_horizon() RETURNS timestamptz LANGUAGE sql AS $$ SELECT timestamptz '9999-01-01Z' $$",
  );
  let missed = 0;
  let rounds = 0;
  for (; missed === 0 && rounds < 20; rounds += 1) missed = (await followWriters(world, 2_000)).missed.length;
  record(context, {
    id: "P1 sync control",
    done: `the same without the change watermark, ${rounds} times 2 s`,
    seen: `${missed} rows not in their latest state`,
    must: "some",
  });
  expect(missed).toBeGreaterThan(0);
});
