import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { expect, it } from "vitest";
import { addCustomers, changeSlowly, createSync, type Followed, missedBy, pollDuring } from "../faults/sync.js";
import { addTenant, call, createCustomer, openWorld, type World } from "../faults/world.js";
import { PageWriters } from "./page-writers.js";
import { type PagedKind, type Place, pagedKinds } from "./paged-kinds.js";
import { randomOf, record, times } from "./run.js";
import { addService } from "./write-kinds.js";

const random = randomOf("P1");
const writerCount = 8;

async function openPlace(world: World): Promise<Place> {
  const tenant = await addTenant(world);
  await addService(world.database.owner, tenant);
  return { ...tenant, customerId: (await createCustomer(tenant)).body.id };
}

type Turn = (answer: { readonly nextPageToken: string; readonly number: number }) => string;

/** Walks a list to its end, with a page size of its own for every page. Returns the ids in the order seen. */
async function walk(place: Place, kind: PagedKind, turn: Turn): Promise<{ ids: readonly string[]; pages: number }> {
  const ids: string[] = [];
  const pageSize = () => 1 + random.below(12);
  // Page numbers mean something for one size alone.
  const fixedSize = 5;
  let pageToken = "";
  for (let number = 1; ; number += 1) {
    const pagination = { pageSize: turn === byNumber ? fixedSize : pageSize(), pageToken };
    const answer = await call(place, kind.path(place), { ...kind.request(place), pagination });
    if (answer.status !== 200) throw new Error(answer.text);
    for (const { id } of answer.body[kind.rows]) ids.push(id);
    if (answer.body.nextPageToken === "") return { ids, pages: number };
    pageToken = turn({ nextPageToken: answer.body.nextPageToken, number: number + 1 });
  }
}

const byToken: Turn = ({ nextPageToken }) => nextPageToken;
const byNumber: Turn = ({ number }) => String(number);

/** Walks the lists in turn while writers write. Tells which surviving rows were missed, and which rows were seen twice. */
async function walkAmongWriters(walks: number, turn: Turn) {
  await using world = await openWorld();
  const place = await openPlace(world);
  const writers = new PageWriters(place);
  await writers.start(writerCount);
  const missed: string[] = [];
  const twice: string[] = [];
  let pages = 0;
  let survivors = 0;
  for (let count = 0; count < walks; count += 1) {
    const kind = pagedKinds[count % pagedKinds.length] ?? random.pick(pagedKinds);
    const before = writers.rowsOf(kind);
    const walked = await walk(place, kind, turn);
    const after = writers.rowsOf(kind);
    const surviving = [...before].filter((id) => after.has(id));
    const seen = new Set(walked.ids);
    missed.push(...surviving.filter((id) => !seen.has(id)).map((id) => `${kind.name} ${id}`));
    if (seen.size < walked.ids.length) twice.push(`${kind.name}: ${walked.ids.length - seen.size}`);
    pages += walked.pages;
    survivors += surviving.length;
  }
  await writers.stop();
  const done = `${walks} walks of ${pagedKinds.length} lists, ${pages} pages, ${writers.writes} writes of ${writerCount} writers meanwhile`;
  return { missed, twice, survivors, done };
}

it("P1: a walk sees every surviving row exactly once, whatever is written meanwhile", async (context) => {
  const { missed, twice, survivors, done } = await walkAmongWriters(times({ short: 30, long: 500 }), byToken);
  record(context, {
    id: "P1",
    done,
    seen: `${survivors} surviving rows, ${missed.length} missed, ${twice.length} walks with rows seen twice`,
    must: "0 missed, 0 twice",
  });
  expect(missed).toEqual([]);
  expect(twice).toEqual([]);
});

it("P1 control: walked by page numbers, lists show rows twice or not at all", async (context) => {
  const { missed, twice, survivors, done } = await walkAmongWriters(6, byNumber);
  record(context, {
    id: "P1 control",
    done: `${done}, by page numbers`,
    seen: `${survivors} surviving rows, ${missed.length} missed, ${twice.length} walks with rows seen twice`,
    must: "some missed or twice",
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
  const writers = new PageWriters(place);
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
    done: `${followed.length} lists followed by lastUpdatedTime during ${writes} writes of ${writerCount} writers and two slow ones`,
    seen: `${seen} rows seen, ${missed.length} not in their latest state`,
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
    done: `the same without the change horizon, ${rounds} times 2 s`,
    seen: `${missed} rows not in their latest state`,
    must: "some",
  });
  expect(missed).toBeGreaterThan(0);
});
