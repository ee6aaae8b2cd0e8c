import { DomainError } from "../core/errors.js";
import { isClientAssignableId } from "../core/ids.js";
import { readFault, violatedConstraint } from "../db/database-errors.js";
import { inParallel } from "../import/run/in-parallel.js";
import type { MirroredKind, MirroredRecord, MirrorRepository } from "../resources/mirrors/mirror.model.js";
import type { Gate } from "./gate.js";
import type { MirrorReport } from "./report.js";
import { SourceError } from "./source.js";

/** A record as a page of the source has it. */
export interface Item {
  readonly record: MirroredRecord;
  /** Whether it refers to what was not stored yet, and is stored without it. It is stored again by `retry`. */
  readonly isIncomplete?: boolean;
  /**
   * The record with everything that the source tells of it, which can take more requests.
   *
   * @param isLast whether a reference that it loses now stays lost, which is reported
   */
  whole(isLast: boolean): Promise<MirroredRecord>;
}

/** A record of which the page tells everything. */
export function asRead(record: MirroredRecord): Item {
  return { record, whole: async () => record };
}

export interface RecordStore {
  /** Makes the stored records equal. Those that fail are tried again by `retry`. */
  store(items: readonly Item[]): Promise<void>;
  /** Whether something is to be tried again. */
  isWaiting(): boolean;
  /** Tries again what has failed or is incomplete: what it needs may be stored now. */
  retry(): Promise<void>;
  /** Compares all that the source tells with what is stored, and returns each difference. Changes nothing. */
  compare(items: readonly Item[]): Promise<readonly Found[]>;
}

export interface Found {
  readonly kind: MirroredKind;
  readonly id: string;
  /** Columns and parts, or that the record is missing. */
  readonly fields: readonly string[];
}

const maxFailed = 10_000;

interface RecordStoreOptions {
  readonly repository: MirrorRepository;
  readonly report: MirrorReport;
  /** Transactions at the same time, of all companies. */
  readonly gate: Gate;
}

export function createRecordStore({ repository, report, gate }: RecordStoreOptions): RecordStore {
  const failed = new Map<string, Item>();

  async function put(item: Item, isLast: boolean): Promise<void> {
    const { kind, id } = item.record;
    const key = `${kind} ${id}`;
    try {
      const record = await item.whole(isLast);
      report.count(kind, await gate(() => repository.put(record)));
      settle(item);
    } catch (error) {
      const reason = reasonOf(error);
      if (reason === undefined) throw error;
      if (failed.size < maxFailed) failed.set(key, item);
      report.fail(kind, id, reason);
    }
  }

  /** A stored record has not failed, and is tried again only if it is incomplete. */
  function settle(item: Item): void {
    const { kind, id } = item.record;
    report.fail(kind, id, undefined);
    if (item.isIncomplete && failed.size < maxFailed) failed.set(`${kind} ${id}`, { ...item, isIncomplete: false });
    else failed.delete(`${kind} ${id}`);
  }

  return {
    isWaiting: () => failed.size > 0,

    async store(items) {
      const usable = latestOf(items).filter(({ record }) => hasUsableId(record, report));
      const differences = await differencesOf(usable);
      await inParallel(usable, async (item) => {
        const { kind, id } = item.record;
        const found = differences?.get(id);
        if (!found || found.isNew || found.changed.length > 0) return put(item, false);
        report.count(kind, "unchanged");
        settle(item);
      });
    },

    async retry() {
      await inParallel([...failed.values()], (item) => put(item, true));
    },

    async compare(items) {
      const records: MirroredRecord[] = [];
      await inParallel(latestOf(items), async (item) => {
        if (isClientAssignableId(item.record.id)) records.push(await item.whole(false));
      });
      const differences = await repository.differences(records);
      const found: Found[] = [];
      for (const record of records) {
        const { kind, id } = record;
        const seen = differences.get(id);
        if (!seen || (!seen.isNew && seen.changed.length === 0)) continue;
        const { isNew, changed } = await repository.difference(record);
        const fields = isNew ? ["missing here"] : changed;
        if (fields.length > 0) found.push({ kind, id, fields });
      }
      return found;
    },
  };

  /** Undefined if a record cannot even be compared, so that each is stored alone. */
  async function differencesOf(items: readonly Item[]) {
    try {
      return await repository.differences(items.map(({ record }) => record));
    } catch (error) {
      if (reasonOf(error) === undefined) throw error;
      return undefined;
    }
  }
}

/** A page that shifted can have a record twice. */
function latestOf(items: readonly Item[]): readonly Item[] {
  return [...new Map(items.map((item) => [item.record.id, item])).values()];
}

function hasUsableId({ kind, id }: MirroredRecord, report: MirrorReport): boolean {
  if (isClientAssignableId(id)) return true;
  report.fail(
    kind,
    id.replaceAll(/[^\w.-]/g, "?").slice(0, 60),
    "its id is longer than 30 characters, or has others than A-Z, a-z, 0-9, _, . and -",
  );
  return false;
}

/** Why a record is not stored. Undefined if the record has no part in it: then the mirror stops. */
function reasonOf(error: unknown): string | undefined {
  if (error instanceof SourceError) return error.message;
  const constraint = violatedConstraint(error);
  if (constraint !== undefined) return `the database refuses it: ${constraint}`;
  if (error instanceof DomainError) {
    return ["DATABASE_UNAVAILABLE", "OUTCOME_UNKNOWN", "CALL_CANCELLED"].includes(error.reason)
      ? undefined
      : error.message;
  }
  const fault = readFault(error);
  // Class 22: a value that has no form in its column. Class 23: a rule of a table.
  const isRefused = fault?.kind === "answer" && /^2[23]/.test(fault.sqlState);
  return isRefused ? `the database refuses a value of it (${fault.sqlState})` : undefined;
}
