import { isDeepStrictEqual } from "node:util";
import { protoName } from "../core/text.js";

/**
 * Names of the fields in which two states of a record differ, as the API spells them: `preferred_business_id`. Null and
 * undefined are the same. Fields that every change sets do not count.
 */
export function changedFields(before: object, after: object): readonly string[] {
  const former = new Map(Object.entries(before));
  const names = new Set<string>();
  for (const [name, value] of Object.entries(after)) {
    if (!isDeepStrictEqual(former.get(name) ?? undefined, value ?? undefined)) names.add(fieldName(name));
    former.delete(name);
  }
  for (const [name, value] of former) if (value !== undefined && value !== null) names.add(fieldName(name));
  return [...names].filter((name) => !ofEveryChange.includes(name));
}

const ofEveryChange: readonly string[] = ["version", "last_updated_by", "last_updated_time"];

function fieldName(name: string): string {
  const spelled = protoName(name);
  return spelledByApi.get(spelled) ?? spelled;
}

/** Members of records whose fields have other names in the API. */
const spelledByApi = new Map([
  ["archived_time", "archived"],
  ["consent", "compliance_config"],
]);
