import type { JsonObject } from "@bufbuild/protobuf";
import type { MirroredKind, MirroredRecord, MirrorRepository } from "../resources/mirrors/mirror.model.js";
import { customerRecord } from "./customer-record.js";
import { businessRecord, staffRecord } from "./directory-records.js";
import { leadRecord } from "./lead-record.js";
import type { MirrorContext, Reading, SourceRecord } from "./mirror-context.js";
import { packageRecord } from "./package-record.js";
import { petRecord } from "./pet-record.js";
import { isObject } from "./readable.js";
import type { Found, Item, RecordStore } from "./record-store.js";
import type { References } from "./references.js";
import type { MirrorReport } from "./report.js";
import { settingRecord, settingSources } from "./setting-records.js";
import type { Source } from "./source.js";
import { earlier, idOf, readAll, recordsIn, type SourceList, walk } from "./walk.js";
import { wholeCustomer, wholeLead, wholePet } from "./whole-record.js";

export type WalkedKind = "customer" | "lead" | "pet" | "package";

export interface PassOptions {
  readonly source: Source;
  readonly context: MirrorContext;
  readonly repository: MirrorRepository;
  readonly store: RecordStore;
  readonly references: References;
  readonly report: MirrorReport;
  /** Called after each page. Throws to stop. */
  onPage(): void;
}

export interface Passes {
  /** Locations, staff and lists of settings. */
  settings(): Promise<void>;
  /** All records of a kind, or those that changed since the last walk. */
  records(kind: WalkedKind, isWhole: boolean): Promise<void>;
  /** What differs between the source and this side, in everything that the source tells. */
  differences(kind: WalkedKind): Promise<Comparison>;
}

export interface Comparison {
  readonly found: readonly Found[];
  /** Ids of the source. */
  readonly ids: ReadonlySet<string>;
  /** Of leads: ids of their pets. */
  readonly petIds: ReadonlySet<string>;
}

/** A change may become visible a little after others that are later: changes are read again for so long. */
const overlapMs = 60_000;
/** A list in no order is read again until it shows nothing new, at most so many times. */
const maxRepeats = 5;
/** Customers whose packages are asked for at once. */
const customersAtOnce = 50;

export function createPasses(options: PassOptions): Passes {
  const { source, context, repository, store, references, report, onPage } = options;
  const { companyId, isExtended } = context;
  const latest = new Map<WalkedKind, string>();
  const readingOf = (kind: MirroredKind, id: string): Reading => ({
    ...context,
    remark: (text) => report.remark(kind, id, text),
  });

  /** A record with its references, and how the rest of it is read. */
  async function itemOf(
    kind: WalkedKind,
    json: SourceRecord,
    read: (reading: Reading) => MirroredRecord,
    whole: (reading: Reading) => Promise<MirroredRecord>,
  ): Promise<Item> {
    const reading = readingOf(kind, idOf(json));
    const silent = { ...reading, remark: () => {} };
    const { record, isIncomplete } = await references.settled(read(reading), json, silent);
    const wholeOf = async (isLast: boolean) =>
      (await references.settled(await whole(reading), json, isLast ? reading : silent)).record;
    return { record, isIncomplete, whole: wholeOf };
  }

  const asItem: Record<WalkedKind, (json: SourceRecord) => Promise<Item>> = {
    customer: (json) =>
      itemOf(
        ...(["customer", json] as const),
        (reading) => customerRecord(json, reading).record,
        (reading) => wholeCustomer(source, json, reading),
      ),
    lead: (json) =>
      itemOf(
        ...(["lead", json] as const),
        (reading) => leadRecord(json, reading, false).record,
        (reading) => wholeLead(source, json, reading),
      ),
    pet: (json) =>
      itemOf(
        ...(["pet", json] as const),
        (reading) => petRecord(json, reading).record,
        (reading) => wholePet(source, json, reading),
      ),
    package: (json) => {
      const info = isObject(json["packageInfo"]) ? json["packageInfo"] : json;
      const reading = (other: Reading) => packageRecord(json, other);
      return itemOf("package", { ...json, id: idOf(info) }, reading, async (other) => reading(other));
    },
  };

  async function itemsOf(kind: WalkedKind, page: readonly SourceRecord[]): Promise<readonly Item[]> {
    const present: SourceRecord[] = [];
    for (const json of page) {
      if (hasLeft(json)) report.left(kind, idOf(json));
      else present.push(json);
    }
    const told = kind === "package" ? await packageDetails(present.map(idOf)) : present;
    const items: Item[] = [];
    for (const json of told) items.push(await asItem[kind](json));
    return items;
  }

  /** Stores a page. The pets of a lead are in the lead. */
  async function storePage(kind: WalkedKind, page: readonly SourceRecord[]): Promise<void> {
    await store.store(await itemsOf(kind, page));
    if (kind === "lead") await store.store(await petsOfLeads(page));
    onPage();
  }

  async function petsOfLeads(leads: readonly SourceRecord[]): Promise<readonly Item[]> {
    const items: Item[] = [];
    for (const lead of leads.filter((one) => !hasLeft(one) && one["deleted"] !== true)) {
      const owner = { kind: "lead", id: idOf(lead) } as const;
      const pets = recordsIn(lead, "pets");
      for (const json of pets) {
        const read = (reading: Reading) => petRecord(json, reading, owner).record;
        items.push(await itemOf("pet", json, read, async (reading) => read(reading)));
      }
      for (const id of await repository.petsOfLead(owner.id)) {
        if (pets.some((pet) => idOf(pet) === id)) continue;
        // The lead no longer has it. It is kept, out of use.
        const record = { kind: "pet", id, row: { archived_time: context.now().toISOString() }, parts: {} } as const;
        items.push({ record, whole: async () => record });
      }
    }
    return items;
  }

  async function packageDetails(ids: readonly string[]): Promise<readonly SourceRecord[]> {
    if (ids.length === 0) return [];
    const list = {
      path: "/v1/packages/details:list",
      member: "packageDetails",
      request: { companyId, packageIds: [...ids] },
    };
    const details = new Map<string, SourceRecord>();
    await walk({
      ...{ source, list },
      async take(records) {
        for (const record of records)
          details.set(idOf(isObject(record["packageInfo"]) ? record["packageInfo"] : record), record);
      },
    });
    return [...details.values()];
  }

  /** Gives each page of the records of a kind to `take`. */
  async function walkAll(
    kind: WalkedKind,
    since: string | undefined,
    take: (page: readonly JsonObject[]) => Promise<void>,
  ) {
    if (kind !== "package" || isExtended) return walkList(listOf(kind, context), since, take);
    for (let after = ""; ; ) {
      const customerIds = await repository.ids("customer", after, customersAtOnce);
      if (customerIds.length === 0) return undefined;
      const list = {
        path: "/v1/packages:list",
        member: "packages",
        request: { companyId, customerIds: [...customerIds] },
      };
      await walk({ source, list, take });
      after = customerIds.at(-1) ?? "";
    }
  }

  async function walkList(
    list: SourceList,
    since: string | undefined,
    take: (page: readonly JsonObject[]) => Promise<void>,
  ) {
    const seen = new Set<string>();
    for (let repeat = 1; ; repeat += 1) {
      const known = seen.size;
      const walked = await walk({
        ...{ source, list, since },
        async take(page) {
          for (const record of page) seen.add(idOf(record));
          await take(page);
        },
      });
      const isComplete = walked.isOrdered || (repeat > 1 && seen.size === known);
      if (isComplete || repeat === maxRepeats) return walked.latest;
    }
  }

  async function storeSettings(reading: (id: string, kind: MirroredKind) => Reading): Promise<void> {
    for (const setting of settingSources) {
      const { kind, path, member, isPaged } = setting;
      const list = { path: `/v1/setting/companies/${encodeURIComponent(companyId)}${path}`, member };
      const request = isExtended ? { showArchived: true } : {};
      const entries = isPaged
        ? await readAll(source, { ...list, request })
        : recordsIn(await source.post(list.path, request), member);
      const items = entries.map((json, position): Item => {
        const isArchived = json["archived"] === true;
        const record = settingRecord(setting, json, reading(idOf(json), kind), { position, isArchived });
        return { record, whole: async () => record };
      });
      await store.store(items);
      for (const { record } of items) references.add(kind, record.id);
      if (!isExtended && kind !== "service") await archiveOthers(kind, new Set(items.map(({ record }) => record.id)));
    }
  }

  /** A list of the published API has what is in use. */
  async function archiveOthers(kind: MirroredKind, listed: ReadonlySet<string>): Promise<void> {
    for (let after = ""; ; ) {
      const ids = await repository.ids(kind, after, 500);
      if (ids.length === 0) return;
      after = ids.at(-1) ?? "";
      const gone = ids.filter((id) => !listed.has(id));
      await store.store(
        gone.map((id) => {
          const archived = kind === "life_cycle" ? { is_default: false } : {};
          const record = { kind, id, row: { ...archived, archived_time: context.now().toISOString() }, parts: {} };
          return { record, whole: async () => record };
        }),
      );
      for (const id of gone) references.add(kind, id);
    }
  }

  return {
    async settings() {
      const archived = isExtended ? { showArchived: true } : {};
      const businesses = { path: "/v1/businesses:list", member: "businesses", request: { companyId, ...archived } };
      const staff = { path: "/v1/staffs:list", member: "staffs", request: { companyId } };
      for (const [kind, list] of [["business", businesses] as const, ["staff", staff] as const]) {
        const items = (await readAll(source, list)).map((json): Item => {
          const reading = readingOf(kind, idOf(json));
          const record =
            kind === "business" ? businessRecord(json, reading, json["archived"] === true) : staffRecord(json, reading);
          return { record, whole: async () => record };
        });
        await store.store(items);
        for (const { record } of items) references.add(kind, record.id);
      }
      await storeSettings((id, kind) => readingOf(kind, id));
      onPage();
    },

    async records(kind, isWhole) {
      const before = latest.get(kind);
      const since = isWhole || before === undefined ? undefined : earlier(before, overlapMs);
      const seen = await walkAll(kind, since, (page) => storePage(kind, page));
      if (seen !== undefined) latest.set(kind, seen);
    },

    async differences(kind) {
      const ids = new Set<string>();
      const petIds = new Set<string>();
      const found: Found[] = [];
      await walkAll(kind, undefined, async (page) => {
        const items = await itemsOf(kind, page);
        for (const { record } of items) ids.add(record.id);
        found.push(...(await store.compare(items)));
        const pets = kind === "lead" ? await petsOfLeads(page) : [];
        for (const { record } of pets) petIds.add(record.id);
        found.push(...(await store.compare(pets)));
        onPage();
      });
      return { found, ids, petIds };
    },
  };
}

/** Whether a followed list only tells that the record left it. */
function hasLeft({ departure }: SourceRecord): boolean {
  return departure !== undefined && departure !== null && departure !== 0 && departure !== "DEPARTURE_UNSPECIFIED";
}

function listOf(kind: WalkedKind, { companyId, isExtended }: MirrorContext): SourceList {
  const request = { companyId };
  const byFilter = { changedSince: { within: "filter", timeMember: "lastUpdatedTime" } } as const;
  if (kind === "customer") return { path: "/v1/customers:list", member: "customers", request, ...byFilter };
  if (kind === "pet") return { path: "/v1/pets:list", member: "pets", request, ...byFilter };
  // The published API lists leads and packages without a filter by update time.
  if (kind === "lead") return { path: "/v1/leads:list", member: "leads", request, ...(isExtended ? byFilter : {}) };
  const beside = { changedSince: { within: "request", timeMember: "lastUpdateTime" } } as const;
  return { path: "/v1/packages:list", member: "packages", request, ...(isExtended ? beside : {}) };
}
