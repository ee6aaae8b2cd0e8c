import type { JsonObject } from "@bufbuild/protobuf";
import type { MirroredKind, MirroredRecord, MirrorRepository } from "../resources/mirrors/mirror.model.js";
import { customerRecord } from "./customer-record.js";
import { leadRecord } from "./lead-record.js";
import type { MirrorContext, Reading, SourceRecord } from "./mirror-context.js";
import { packageRecord } from "./package-record.js";
import { petRecord } from "./pet-record.js";
import { isObject } from "./readable.js";
import { asRead, type Found, type Item, type RecordStore } from "./record-store.js";
import type { References } from "./references.js";
import type { MirrorReport } from "./report.js";
import { storeSettings } from "./setting-pass.js";
import type { Source } from "./source.js";
import { earlier, idOf, recordsIn, type SourceList, walk } from "./walk.js";
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
        (reading) => leadRecord(json, reading).record,
        (reading) => wholeLead(source, json, reading),
      ),
    pet: (json) =>
      itemOf(
        ...(["pet", json] as const),
        (reading) => petRecord(json, reading).record,
        (reading) => wholePet(source, json, reading),
      ),
    package: (json) => {
      const read = (reading: Reading) => packageRecord(json, reading);
      return itemOf("package", { ...json, id: packageIdOf(json) }, read, async (reading) => read(reading));
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
        items.push(asRead(record));
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
        for (const record of records) details.set(packageIdOf(record), record);
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

  return {
    async settings() {
      await storeSettings({ ...options, readingOf });
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

/** The details of a package have its id one level deeper. */
function packageIdOf(json: SourceRecord): string {
  return idOf(isObject(json["packageInfo"]) ? json["packageInfo"] : json);
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
