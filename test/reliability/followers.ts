import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { hashSecret, secretPrefixOf } from "../../src/core/key-secrets.js";
import { call, createCustomer, type Tenant, type World } from "../faults/world.js";
import { openPlace, type Place } from "./changing-list.js";
import { entriesOf, type ShortList, shortLists } from "./short-lists.js";

/** The lists that are followed by time of change. */
const lists = ["customers", "leads", "pets", "packages"] as const;

/** What a list is limited to. A limit of packages is no filter. */
interface Limited {
  readonly list: (typeof lists)[number];
  readonly name: string;
  readonly limits: object;
}

/** Each list as a whole, at one location, and of some customers. */
function limitedLists({ businessId, followedIds: customerIds }: FollowedPlace): readonly Limited[] {
  const here = { preferredBusinessIds: [businessId] };
  return [
    ...lists.map((list) => ({ list, name: list, limits: {} })),
    { list: "customers", name: "customers at a location", limits: here },
    { list: "leads", name: "leads at a location", limits: here },
    { list: "pets", name: "pets of customers", limits: { customerIds } },
    { list: "packages", name: "packages at a location", limits: { businessIds: [businessId] } },
    { list: "packages", name: "packages of customers", limits: { customerIds } },
  ];
}

/** A company with two locations, and the keys of all of it and of the first location. */
export interface FollowedPlace extends Place {
  readonly elsewhere: string;
  /** Customers whose pets and packages are followed. The writers treat them like all others. */
  readonly followedIds: readonly string[];
  readonly views: readonly { readonly name: string; readonly caller: Tenant }[];
}

export async function openFollowedPlace(world: World): Promise<FollowedPlace> {
  const place = await openPlace(world);
  const { owner } = world.database;
  const [id, secret] = [randomBytes(6).toString("hex"), `fault_${randomBytes(16).toString("hex")}`];
  await owner.query("INSERT INTO business (company_id, id, name) VALUES ($1, 'biz2', 'There')", [place.companyId]);
  await owner.query(
    "INSERT INTO api_key (id, name, scopes, created_time, updated_time) VALUES ($1, 'Here', '{}', now(), now())",
    [id],
  );
  await owner.query("INSERT INTO api_key_secret (hash, key_id, hint, created_time) VALUES ($1, $2, $3, now())", [
    ...[hashSecret(secret), id, secretPrefixOf(secret)],
  ]);
  await owner.query(
    "INSERT INTO api_key_organization (key_id, type, organization_id, company_id) VALUES ($1, 1, $2, $3)",
    [id, place.businessId, place.companyId],
  );
  const views = [
    { name: "company", caller: place },
    { name: "location", caller: { ...place, secret } },
  ];
  const followedIds: string[] = [];
  for (let made = 0; made < 6; made += 1) followedIds.push((await createCustomer(place)).body.id);
  return { ...place, elsewhere: "biz2", followedIds, views };
}

/** Rows by id, as JSON. */
type Copy = Map<string, string>;

/** Without the names of stages, which a client takes from their own list: a renamed one does not change the leads. */
function stored(row: object): string {
  return JSON.stringify(row, (key, value) => (key === "lifeCycle" || key === "actionStatus" ? value?.id : value));
}

export interface Follower {
  readonly name: string;
  /** Between two polls. */
  readonly pauseMs: number;
  /** Rows of the copy. */
  size(): number;
  /** Receives what changed since the last poll. */
  poll(): Promise<void>;
  /** Ids that the copy and the server do not both have in the same state. */
  differences(): Promise<Differences>;
  /** The same for a copy that does not know of departures and promotions. */
  controlDifferences(): Promise<Differences>;
}

export interface Differences {
  readonly tooMany: readonly string[];
  readonly missing: readonly string[];
  readonly stale: readonly string[];
}

/** A follower of each list with each key. Each does what docs/sync.md says, and nothing else. */
export function followersOf(place: FollowedPlace): readonly Follower[] {
  return [
    ...place.views.flatMap(({ name, caller }) =>
      limitedLists(place).map((limited) => follower(`${limited.name}, by the ${name}`, caller, limited)),
    ),
    ...shortLists.map((list) => shortFollower(place, list)),
  ];
}

function follower(name: string, caller: Tenant, { list, limits }: Limited): Follower {
  const [copy, control]: readonly [Copy, Copy] = [new Map(), new Map()];
  const { companyId } = caller;
  let startTime = "1970-01-01T00:00:00Z";
  const request = (changes: object) => {
    const filter = { ...limits, ...changes };
    return list === "packages" ? filter : { filter };
  };

  async function* pages(filter: object) {
    for (let pageToken = ""; ; ) {
      const body = { companyId, ...request(filter), pagination: { pageSize: 100, pageToken } };
      const answer = await call(caller, `${list}:list`, body);
      if (answer.status !== 200) throw new Error(answer.text);
      yield* answer.body[list];
      pageToken = answer.body.nextPageToken;
      if (pageToken === "") return;
    }
  }

  async function compare(mine: Copy): Promise<Differences> {
    const theirs: Copy = new Map();
    for await (const row of pages({})) theirs.set(row.id, stored(row));
    return differencesOf(mine, theirs);
  }

  return {
    name,
    pauseMs: Object.keys(limits).length === 0 ? 20 : 100,
    size: () => copy.size,
    async poll() {
      for await (const row of pages({ lastUpdatedTime: { startTime } })) {
        startTime = row.lastUpdatedTime ?? row.lastUpdateTime;
        const isGone = row.deleted === true || row.status === "STATUS_DELETED";
        if (isGone) copy.delete(row.id);
        else copy.set(row.id, stored(row));
        if (row.departure !== undefined || row.promotedCustomerId) continue;
        if (isGone) control.delete(row.id);
        else control.set(row.id, stored(row));
      }
    },
    differences: () => compare(copy),
    controlDifferences: () => compare(control),
  };
}

function differencesOf(mine: Copy, theirs: Copy): Differences {
  return {
    tooMany: [...mine.keys()].filter((id) => !theirs.has(id)),
    missing: [...theirs.keys()].filter((id) => !mine.has(id)),
    stale: [...theirs].filter(([id, row]) => mine.has(id) && mine.get(id) !== row).map(([id]) => id),
  };
}

/** Relies on that no entry is ever removed: what it does not read again stays in the copy. */
function shortFollower(caller: Tenant, list: ShortList): Follower {
  const [copy, control]: readonly [Copy, Copy] = [new Map(), new Map()];
  const inUse = async () => {
    const theirs: Copy = new Map();
    for (const row of await entriesOf(caller, list, list.inUse)) theirs.set(row.id, stored(row));
    return theirs;
  };
  return {
    name: list.name,
    pauseMs: 250,
    size: () => copy.size,
    async poll() {
      for (const row of await entriesOf(caller, list, list.all)) {
        if (row.archived === true || row.deleted === true) copy.delete(row.id);
        else copy.set(row.id, stored(row));
      }
      for (const [id, row] of await inUse()) control.set(id, row);
    },
    differences: async () => differencesOf(copy, await inUse()),
    controlDifferences: async () => differencesOf(control, await inUse()),
  };
}

/** Follows without a pause until the writers have ended, and then again. */
export async function followDuring(followers: readonly Follower[], work: Promise<void>): Promise<void> {
  let isOver = false;
  const working = work.finally(() => {
    isOver = true;
  });
  await Promise.all(
    followers.map(async ({ poll, pauseMs }) => {
      while (!isOver) {
        await poll();
        await sleep(pauseMs);
      }
    }),
  );
  await working;
  // Nobody writes any more: the watermark passes the last change with the next millisecond.
  await sleep(50);
  await Promise.all(followers.map(({ poll }) => poll()));
}
