import type { Mirrored, MirroredKind } from "../resources/mirrors/mirror.model.js";

/** What a mirror did, and what it could not do. Has ids of records and names of fields, and no values. */
export interface MirrorReport {
  count(kind: MirroredKind, result: Mirrored): void;
  /** What of a record could not be read. Said once, however often the record is read. */
  remark(kind: MirroredKind, id: string, text: string): void;
  /** A record that is not stored. Undefined: it is now. */
  fail(kind: MirroredKind, id: string, reason: string | undefined): void;
  /** A record that is no longer a record of the source. It stays. */
  left(kind: MirroredKind, id: string): void;
  readonly failed: number;
  /** Changes since the report was asked for the last time. */
  takeWritten(): number;
  progress(): string;
  lines(): readonly string[];
}

const nouns: readonly (readonly [MirroredKind, string])[] = [
  ...([
    ["business", "locations"],
    ["staff", "staff"],
    ["tag", "tags"],
    ["referral_source", "referral sources"],
    ["life_cycle", "life cycle stages"],
    ["action_status", "action statuses"],
    ["pet_code", "pet codes"],
    ["pet_size", "pet sizes"],
    ["pet_type", "pet types"],
    ["pet_coat_type", "coat types"],
    ["custom_field", "custom fields"],
    ["service", "services"],
    ["customer", "customers"],
    ["lead", "leads"],
    ["pet", "pets"],
    ["package", "packages"],
  ] as const),
];

const shown = 20;
const maxRemarks = 10_000;

export function createReport(): MirrorReport {
  const counts = new Map<MirroredKind, Record<Mirrored, number>>();
  const remarks = new Map<string, Set<string>>();
  const failures = new Map<string, string>();
  const departed = new Map<MirroredKind, Set<string>>();
  let remarked = 0;
  let hasMore = false;
  let written = 0;
  const countsOf = (kind: MirroredKind) => counts.get(kind) ?? { created: 0, updated: 0, unchanged: 0 };
  return {
    count(kind, result) {
      const former = countsOf(kind);
      counts.set(kind, { ...former, [result]: former[result] + 1 });
      if (result !== "unchanged") written += 1;
    },
    remark(kind, id, text) {
      const ids = remarks.get(`${kind}: ${text}`) ?? new Set();
      if (ids.has(id)) return;
      if (remarked >= maxRemarks) {
        hasMore = true;
        return;
      }
      remarked += 1;
      remarks.set(`${kind}: ${text}`, ids.add(id));
    },
    fail(kind, id, reason) {
      if (reason === undefined) failures.delete(`${kind} ${id}`);
      else failures.set(`${kind} ${id}`, reason);
    },
    left(kind, id) {
      departed.set(kind, (departed.get(kind) ?? new Set()).add(id));
    },
    get failed() {
      return failures.size;
    },
    takeWritten() {
      const count = written;
      written = 0;
      return count;
    },
    progress() {
      const main = nouns.filter(([kind]) => ["customer", "lead", "pet", "package"].includes(kind));
      return main
        .map(([kind, noun]) => {
          const { created, updated, unchanged } = countsOf(kind);
          return `${(created + updated + unchanged).toLocaleString("en")} ${noun}`;
        })
        .join(", ");
    },
    lines() {
      const table = nouns.flatMap(([kind, noun]) => {
        const found = counts.get(kind);
        if (!found) return [];
        const failed = [...failures.keys()].filter((key) => key.startsWith(`${kind} `)).length;
        return [
          `${noun}: ${found.created} created, ${found.updated} updated, ${found.unchanged} unchanged, ${failed} failed`,
        ];
      });
      const gone = nouns.flatMap(([kind, noun]) => {
        const ids = [...(departed.get(kind) ?? [])];
        return ids.length === 0
          ? []
          : [`${ids.length} ${noun} are no longer in the source, and stay here: ${some(ids)}`];
      });
      const unread = [...remarks].map(([text, ids]) => `${text}: ${ids.size} (${some([...ids])})`);
      const refused = [...failures].slice(0, shown).map(([key, reason]) => `Not stored: ${key}: ${reason}`);
      const more = failures.size > shown ? [`Not stored: ${failures.size - shown} more`] : [];
      const further = hasMore ? ["More could not be read than is listed here."] : [];
      return [...table, ...gone, ...unread, ...further, ...refused, ...more];
    },
  };
}

function some(ids: readonly string[]): string {
  return ids.length > 5 ? `${ids.slice(0, 5).join(", ")}, ...` : ids.join(", ");
}

/** What the published API does not tell, and a mirror therefore does not have. */
export const untold: readonly string[] = [
  "The source does not tell when and how a consent was given: the ledger here begins with what it says now.",
  "It does not tell the entries behind the units of a package: each difference is one entry here.",
  "It does not tell who sold which units, cards on file, API keys, agreements, appointments and messages.",
  "Notes have the time of their last update, not of their creation.",
];

export const untoldByPublished: readonly string[] = [
  "The published API does not tell further phone numbers, authors of leads and pets, notes and tags of leads, or care data of pets.",
  "It does not tell which customer a lead became: the lead stays a lead here.",
];
