import type { JsonObject } from "@bufbuild/protobuf";
import fc from "fast-check";
import { authorOf } from "./command.js";
import type { Who } from "./companies.js";
import type { Expected } from "./learned.js";
import { type Fault, invalid, type Outcome, refusal } from "./outcome.js";
import { becomes, type Good, kept, type Sample } from "./samples.js";
import { type FieldValues, newId, newTime, type Tag, type World } from "./world.js";

/** What is wrong with a request: by itself, or with what it refers to, which is looked up only once the rest is right. */
export interface Faults {
  readonly shape: readonly Fault[];
  readonly references: readonly Fault[];
}

const noFaults: Faults = { shape: [], references: [] };

export function allFaults(...parts: readonly (Faults | readonly Fault[] | undefined)[]): Faults {
  const lists = parts.flatMap((part) =>
    part === undefined ? [] : [isFaults(part) ? part : { shape: part, references: [] }],
  );
  return { shape: lists.flatMap(({ shape }) => shape), references: lists.flatMap(({ references }) => references) };
}

function isFaults(part: Faults | readonly Fault[]): part is Faults {
  return "shape" in part;
}

/** The fault of a sample, at the field that would hold it. */
export function sampleFaults(samples: Readonly<Record<string, Sample | undefined>>): Fault[] {
  return Object.entries(samples).flatMap(([field, sample]) =>
    sample && "fault" in sample ? [{ field, reason: sample.fault }] : [],
  );
}

/** An id out of the company's list. */
export function idFaults(field: string, id: string | undefined, known: readonly string[], isRequired = false): Faults {
  if (id === undefined || (id === "" && !isRequired)) return noFaults;
  if (id === "") return allFaults([{ field, reason: "REQUIRED" }]);
  if (!/^[A-Za-z0-9_.-]{1,30}$/.test(id)) return allFaults([{ field, reason: "INVALID_FORMAT" }]);
  return known.includes(id) ? noFaults : { shape: [], references: [{ field, reason: "NOT_FOUND" }] };
}

const rarely = <T>(good: readonly T[], bad: readonly T[]): fc.Arbitrary<T> =>
  fc.oneof({ weight: 80, arbitrary: fc.constantFrom(...good) }, { weight: 1, arbitrary: fc.constantFrom(...bad) });

/**
 * Archived ones, absent ones and impossible ones among them. An empty reference, which counts as none, is tested in
 * test/suites/client-shapes.test.ts.
 */
export const businessIds = rarely(["biz_1", "biz_1", "biz_2"], ["biz_9", "biz_z", "", "no id!"]);
export const staffIds = rarely(["staff_1", ""], ["staff_9", "staff_z", "no id!"]);
export const sourceIds = rarely(["ref_1", "ref_2"], ["ref_9", "ref_z", "no id!"]);

export const leadBusinessIds = rarely(["biz_1", "biz_2", ""], ["biz_9", "biz_z", "no id!"]);
export const stageIds = rarely(["lc_1", "lc_2"], ["lc_9", "lc_z", ""]);
export const statusIds = rarely(["as_1"], ["as_9", "as_z"]);

export const knownBusinesses = ["biz_1", "biz_2"] as const;
export const knownStaff = ["staff_1"] as const;
export const knownSources = ["ref_1", "ref_2"] as const;

export type TagReference = { readonly id?: string; readonly name?: string };

export const tagReferences = fc.array(
  rarely<TagReference>(
    [
      { id: "tag_1" },
      { id: "tag_2" },
      { id: "tag_2", name: "ignored" },
      { name: "vip" },
      { name: " New A " },
      { name: "NEW a" },
      { name: "New B" },
    ],
    [{ id: "tag_9" }, { name: "retired" }, { id: "tag_z" }, {}, { name: "t".repeat(65) }, { id: "no id!" }],
  ),
  { maxLength: 3 },
);

/** The tags that are named, each once; those to create are not in the company yet. */
export interface NamedTags {
  readonly faults: Faults;
  readonly tags: readonly Tag[];
  /** A tag is named that is archived. */
  readonly archived: readonly Fault[];
  readonly creates: boolean;
}

export function namedTags(
  world: World,
  references: readonly TagReference[],
  { by, carried = [] }: { readonly by: Who; readonly carried?: readonly Tag[] },
): NamedTags {
  const shape: Fault[] = [];
  const unknown: Fault[] = [];
  const archived = new Map<string, Fault>();
  const tags: Tag[] = [];
  let creates = false;
  for (const [at, { id = "", name = "" }] of references.entries()) {
    const field = `tags[${at}].${id === "" ? "name" : "id"}`;
    const label = name.trim();
    if (id === "no id!") shape.push({ field, reason: "INVALID_FORMAT" });
    else if (id === "" && label === "") shape.push({ field, reason: "REQUIRED" });
    else if (id === "" && label.length > 64) shape.push({ field, reason: "TOO_LONG" });
    else {
      const isSame = (tag: Tag) => (id === "" ? tag.name.toLowerCase() === label.toLowerCase() : tag.id === id);
      const known = [...world.tags, ...tags].find(isSame);
      // The same thing named again is complained about once.
      if (known?.archived && !carried.includes(known))
        archived.set(
          id || label.toLowerCase(),
          archived.get(id || label.toLowerCase()) ?? { field, reason: "ARCHIVED" },
        );
      else if (known) tags.push(known);
      else if (id !== "") unknown.push({ field, reason: "NOT_FOUND" });
      else {
        creates = true;
        tags.push(newTag(world, { name: label, after: [...world.tags, ...tags] }, by));
      }
    }
  }
  const distinctUnknown = unknown.filter(({ field }, at) => {
    const idAt = (path: string) => references[Number(/\d+/.exec(path)?.[0])]?.id;
    return unknown.findIndex((one) => idAt(one.field) === idAt(field)) === at;
  });
  return {
    faults: { shape, references: distinctUnknown },
    tags: [...new Set(tags)],
    archived: [...archived.values()],
    creates,
  };
}

/** It comes behind those that are there. */
function newTag(
  world: World,
  { name, after }: { readonly name: string; readonly after: readonly Tag[] },
  by: Who,
): Tag {
  const made = { id: newId(world, "tag_"), lastUpdatedBy: authorOf(by), lastUpdatedTime: newTime() };
  return { ...made, name, group: "", order: Math.max(0, ...after.map((tag) => tag.order)) + 1, archived: false };
}

/** Those that were created are the company's from now on. */
export function addTags(world: World, tags: readonly Tag[]): void {
  world.tags.push(...tags.filter((tag) => !world.tags.includes(tag)));
}

/** What becomes of a request whose references are at fault; undefined when none is. */
export function referenceRefusal(
  references: readonly Fault[],
  tags: NamedTags | undefined,
  by: Who,
): Outcome | undefined {
  if (tags?.creates && by === "location") return refusal("PERMISSION_DENIED", "SCOPE_REQUIRED");
  const archived = tags?.archived ?? [];
  const all = [...references, ...(tags?.faults.references ?? []), ...archived];
  if (all.length === 0) return undefined;
  return all.length === archived.length ? refusal("INVALID_ARGUMENT", "TAG_ARCHIVED", all) : invalid(all);
}

/** A value of one custom field, with what is stored or why not. */
export type FieldSample = { readonly code: string; readonly sent: JsonObject } & (
  | { readonly stored: Expected }
  | { readonly fault: string }
);

const good = (code: string, { sent, stored }: Good<JsonObject>): FieldSample => ({
  code,
  sent,
  stored: asExpected(stored),
});
const bad = (code: string, sent: JsonObject, fault: string): FieldSample => ({ code, sent, fault });

function asExpected(json: JsonObject): Expected {
  return JSON.parse(JSON.stringify(json)) satisfies Expected;
}

const distinct = { maxLength: 2, selector: ({ code }: FieldSample) => code };

export const customerFields = fc.uniqueArray(
  rarely(
    [
      good("field_text", kept({ string: "red" })),
      good("field_text", becomes({ string: " blue " }, { string: "blue" })),
      good("field_size", kept({ string: "S" })),
      good("field_points", kept({ int64: "12" })),
    ],
    [
      bad("field_text", { int64: "1" }, "WRONG_TYPE"),
      bad("field_size", { string: "XXL" }, "NOT_ALLOWED"),
      bad("field_old", { string: "a" }, "ARCHIVED"),
      bad("field_of_nobody", { string: "a" }, "NOT_FOUND"),
    ],
  ),
  distinct,
);

export const leadFields = fc.uniqueArray(
  rarely(
    [
      good("field_text", becomes({ string: " green " }, { string: "green" })),
      good("field_size", kept({ string: "huge" })),
      good("field_budget", kept({ int64: "500" })),
      good("field_old", kept({ string: "stale" })),
    ],
    [bad("field_budget", { string: "much" }, "WRONG_TYPE"), bad("field_points", { int64: "1" }, "NOT_FOUND")],
  ),
  distinct,
);

export function fieldFaults(samples: readonly FieldSample[], within = ""): Faults {
  const references = samples.flatMap((one) =>
    "fault" in one ? [{ field: `${within}custom_fields["${one.code}"]`, reason: one.fault }] : [],
  );
  return { shape: [], references };
}

/** An empty value clears its code. */
export function mergedFields(stored: FieldValues, samples: readonly FieldSample[]): FieldValues {
  const values = new Map(Object.entries(stored));
  for (const one of samples) {
    if (Object.keys(one.sent).length === 0) values.delete(one.code);
    else if ("stored" in one) values.set(one.code, one.stored);
  }
  return Object.fromEntries(values);
}

export function sentFields(samples: readonly FieldSample[]): JsonObject {
  return Object.fromEntries(samples.map(({ code, sent }) => [code, sent]));
}
