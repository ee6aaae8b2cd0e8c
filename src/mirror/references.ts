import type { JsonObject, JsonValue } from "@bufbuild/protobuf";
import type { MirroredKind, MirroredRecord, MirroredRow, MirrorRepository } from "../resources/mirrors/mirror.model.js";
import type { Reading, SourceRecord } from "./mirror-context.js";
import { isObject } from "./readable.js";
import { type SettingSource, settingRecord, settingSources } from "./setting-records.js";
import { idOf } from "./walk.js";

/** What a record may refer to: the entries that are stored here. */
export interface References {
  add(kind: MirroredKind, id: string): void;
  /**
   * The record with references to what is stored. Entries of settings that only the record names are stored first. The
   * published API lists those that are in use alone.
   */
  settled(record: MirroredRecord, json: SourceRecord, reading: Reading): Promise<Settled>;
}

export interface Settled {
  readonly record: MirroredRecord;
  /** Whether it lost a reference. */
  readonly isIncomplete: boolean;
}

const columns: Readonly<Record<string, MirroredKind>> = {
  preferred_business_id: "business",
  business_id: "business",
  assigned_staff_id: "staff",
  allocate_staff_id: "staff",
  staff_id: "staff",
  referral_source_id: "referral_source",
  life_cycle_id: "life_cycle",
  action_status_id: "action_status",
};

/** Members of records that have entries of settings. */
const members: readonly (readonly [member: string, kind: MirroredKind])[] = [
  ["tags", "tag"],
  ["referralSource", "referral_source"],
  ["lifeCycle", "life_cycle"],
  ["actionStatus", "action_status"],
  ["petCodes", "pet_code"],
];

export function createReferences(repository: MirrorRepository): References {
  const known = new Map<MirroredKind, Set<string>>();
  const has = (kind: MirroredKind, id: string) => known.get(kind)?.has(id) ?? false;
  const add = (kind: MirroredKind, id: string) => known.set(kind, (known.get(kind) ?? new Set()).add(id));

  async function storeNamed(kind: MirroredKind, json: JsonObject, reading: Reading): Promise<void> {
    const source = settingSources.find((one): one is SettingSource => one.kind === kind);
    if (!source || idOf(json) === "" || has(kind, idOf(json))) return;
    try {
      await repository.put(settingRecord(source, json, reading, {}));
      add(kind, idOf(json));
    } catch {
      reading.remark(`an entry of ${kind} that it names cannot be stored`);
    }
  }

  return {
    add: (kind, id) => void add(kind, id),

    async settled(record, json, given) {
      let isIncomplete = false;
      const reading: Reading = {
        ...given,
        remark(text) {
          isIncomplete = true;
          given.remark(text);
        },
      };
      for (const [member, kind] of members) {
        for (const entry of entriesIn(json[member])) await storeNamed(kind, entry, reading);
      }
      const row: Record<string, unknown> = { ...record.row };
      for (const [column, kind] of Object.entries(columns)) {
        const id = row[column];
        if (typeof id !== "string" || has(kind, id)) continue;
        row[column] = null;
        reading.remark(`${column} names none that the source lists, and was left out`);
      }
      const parts = { ...record.parts, ...knownLinks(record, reading) };
      return { record: { ...record, row, parts }, isIncomplete };
    },
  };

  function knownLinks({ parts }: MirroredRecord, reading: Reading): MirroredRecord["parts"] {
    const links = [["tags", "tag_id", "tag"] as const, ["pet_codes", "pet_code_id", "pet_code"] as const];
    return Object.fromEntries(
      links.flatMap(([part, column, kind]) => {
        const rows = parts[part];
        if (!rows) return [];
        const kept = distinctRows(rows, column).filter((row) => has(kind, String(row[column])));
        if (kept.length < rows.length)
          reading.remark(`${part} names some that the source does not list, which were left out`);
        return [[part, kept]];
      }),
    );
  }
}

function distinctRows(rows: readonly MirroredRow[], column: string): readonly MirroredRow[] {
  return [...new Map(rows.map((row) => [row[column], row])).values()];
}

function entriesIn(value: JsonValue | undefined): readonly JsonObject[] {
  return (Array.isArray(value) ? value : [value]).filter(isObject);
}
