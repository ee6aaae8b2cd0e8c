import { isDeepStrictEqual } from "node:util";
import type { JsonObject, JsonValue } from "@bufbuild/protobuf";
import type { Violation } from "../../core/errors.js";
import { protoName } from "../../core/text.js";
import type { UpdatedKind } from "./import-calls.js";

/** How a stored record becomes what a file says of it, and how it becomes again what it was. Requests in ProtoJSON. */
export interface RecordUpdate {
  readonly request: JsonObject;
  readonly inverse: JsonObject;
}

/** Fields that an import updates. It leaves consents, notes, tags, times and custom fields as they are. */
const fields: Readonly<Record<UpdatedKind, readonly string[]>> = {
  customer: ["firstName", "lastName", "email"],
  lead: ["firstName", "lastName", "email"],
  pet: [
    ...["name", "birthday", "type", "breed", "gender", "weight", "fixed", "coat", "behavior", "vet", "vaccinations"],
    ...["status", "microchip", "color", "allergies", "feeding", "medication", "specialNeeds"],
  ],
};

const addressLines = ["address1", "address2", "city", "state", "postalCode"] as const;

/** Undefined if the record has all that the file says. A cell that is empty changes nothing. */
export function updateOf(kind: UpdatedKind, stated: JsonObject, stored: JsonObject): RecordUpdate | undefined {
  const changes: Change[] = fields[kind].flatMap((field) => changeOf(field, stated[field], stored[field]));
  if (kind !== "pet")
    changes.push(...phonesChange(stated["phones"], stored["phones"]), ...addressChanges(stated, stored));
  if (changes.length === 0) return undefined;
  return { request: toRequest(changes, "to"), inverse: toRequest(changes, "from") };
}

/** Whether a stored record has exactly these values in the fields that a request writes. */
export function hasValues(request: JsonObject, stored: JsonObject): boolean {
  const { updateMask } = request;
  if (typeof updateMask !== "string") return false;
  return updateMask.split(",").every((path) => {
    const [to, from] = [valueAt(request, path), valueAt(stored, path)];
    if (path === "phones") return isDeepStrictEqual(numbersOf(to), numbersOf(from));
    return isEmpty(to) ? isEmpty(from) : isSame(to, from);
  });
}

/**
 * The request without the empty values that the server refuses because the fields are required. Undefined if it refuses
 * anything else. If nothing is left, the mask is empty.
 */
export function withoutRequired(request: JsonObject, violations: readonly Violation[]): JsonObject | undefined {
  const { updateMask } = request;
  if (typeof updateMask !== "string" || violations.length === 0) return undefined;
  const paths = updateMask.split(",");
  const wanted = violations.map(({ field, reason }) => {
    const name = field.split(".").at(-1);
    const path = paths.find((one) => protoName(one) === name || (one === "phones" && name === "phone"));
    return reason === "REQUIRED" && path !== undefined && isEmpty(valueAt(request, path)) ? path : undefined;
  });
  if (wanted.includes(undefined)) return undefined;
  const kept = Object.entries(request).filter(([name]) => !wanted.includes(name));
  const updated = paths.filter((path) => !wanted.includes(path));
  return { ...Object.fromEntries(kept), updateMask: updated.join(",") };
}

function valueAt(record: JsonObject, path: string): JsonValue | undefined {
  const [field = "", line] = path.split(".");
  return line === undefined ? record[field] : mainAddress(record[field])[line];
}

/** A lead and a request have one address, a customer a list. */
function mainAddress(address: JsonValue | undefined): JsonObject {
  const [first, ...others] = isObject(address) ? [address] : listOf(address);
  return [first, ...others].find((one) => one?.["type"] === "PRIMARY") ?? first ?? {};
}

function numbersOf(phones: JsonValue | undefined): readonly (JsonValue | undefined)[] {
  return listOf(phones).map(({ number }) => number);
}

interface Change {
  /** Of an address: the line within it. */
  readonly line?: string;
  readonly field: string;
  readonly from: JsonValue | undefined;
  readonly to: JsonValue | undefined;
}

function changeOf(field: string, to: JsonValue | undefined, from: JsonValue | undefined): readonly Change[] {
  if (isEmpty(to) || isSame(to, from)) return [];
  return [{ field, from, to }];
}

/** Whether the stored value has all that the file says. The server adds to a weight its rounded value. */
function isSame(to: JsonValue | undefined, from: JsonValue | undefined): boolean {
  if (!isObject(to) || !isObject(from)) return isDeepStrictEqual(to, from);
  return Object.entries(to).every(([name, value]) => isEmpty(value) || isDeepStrictEqual(value, from[name]));
}

/** Numbers that the record lacks come to its front, as the file has them; those that it has stay. */
function phonesChange(to: JsonValue | undefined, from: JsonValue | undefined): readonly Change[] {
  const [given, stored] = [listOf(to), listOf(from)];
  const has = (list: readonly JsonObject[], { number }: JsonObject) => list.some((phone) => phone["number"] === number);
  if (given.every((phone) => has(stored, phone))) return [];
  const rest = stored.filter((phone) => !has(given, phone));
  return [{ field: "phones", from: [...stored], to: [...given, ...rest].slice(0, maxPhones) }];
}

const maxPhones = 10;

function addressChanges({ address: to }: JsonObject, { address: from }: JsonObject): readonly Change[] {
  if (!isObject(to)) return [];
  const stored = mainAddress(from);
  return addressLines.flatMap((line) =>
    changeOf(line, to[line], stored[line]).map((change) => ({ ...change, field: "address", line })),
  );
}

function toRequest(changes: readonly Change[], side: "from" | "to"): JsonObject {
  const request: JsonObject = {};
  const address: JsonObject = {};
  for (const { field, line, [side]: value } of changes) {
    if (value === undefined) continue;
    if (line === undefined) request[field] = value;
    else address[line] = value;
  }
  if (changes.some(({ line }) => line !== undefined)) request["address"] = address;
  // Names of ProtoJSON: protobuf turns them into `special_needs` and `address.postal_code`.
  const paths = changes.map(({ field, line }) => (line === undefined ? field : `${field}.${line}`));
  return { ...request, updateMask: paths.join(",") };
}

function isEmpty(value: JsonValue | undefined): boolean {
  return value === undefined || value === null || value === "" || (Array.isArray(value) && value.length === 0);
}

function listOf(value: JsonValue | undefined): readonly JsonObject[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

export function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
