import type { JsonObject } from "@bufbuild/protobuf";
import { judgePhone } from "../core/phone/judged-phone.js";
import type { MirroredRow } from "../resources/mirrors/mirror.model.js";

/** What records of a company are read with. */
export interface MirrorContext {
  readonly companyId: string;
  /** ISO 3166-1 alpha-2. Numbers without a country code are of this country. */
  readonly country: string;
  /** Whether the source is this software, whose messages have more fields than the published API. */
  readonly isExtended: boolean;
  readonly now: () => Date;
}

/** Takes what of a record could not be read, or is stored in another form. Has no values of the record. */
export type Remark = (text: string) => void;

export interface Reading extends MirrorContext {
  readonly remark: Remark;
}

/** A time of a message, in whole milliseconds. */
export function timeColumn(time: { readonly seconds: bigint; readonly nanos: number } | undefined): string | undefined {
  if (!time) return undefined;
  const ms = Number(time.seconds) * 1_000 + Math.floor(time.nanos / 1e6);
  const date = new Date(ms);
  const year = date.getUTCFullYear();
  return year >= 1 && year <= 9999 ? date.toISOString() : undefined;
}

interface Stamped {
  readonly createdTime?: { readonly seconds: bigint; readonly nanos: number } | undefined;
  readonly lastUpdatedTime?: { readonly seconds: bigint; readonly nanos: number } | undefined;
}

/** Columns with the times of a record. A source that does not say them gets the present in a new row. */
export function stampColumns(
  { createdTime, lastUpdatedTime }: Stamped,
  { now }: Pick<MirrorContext, "now">,
): { readonly row: MirroredRow; readonly inserted: MirroredRow } {
  const updated = timeColumn(lastUpdatedTime);
  const created = timeColumn(createdTime);
  const present = now().toISOString();
  return {
    row: { ...(created ? { created_time: created } : {}), ...(updated ? { last_updated_time: updated } : {}) },
    inserted: { created_time: updated ?? present, last_updated_time: created ?? present },
  };
}

/** A number in E.164, with its extension. Empty if the text cannot be read. */
export function readNumber(raw: string, { country, remark }: Reading, field: string) {
  if (raw.trim() === "") return { number: "", extension: "" };
  const { number, extension, refusal } = judgePhone(raw, country);
  if (refusal === undefined) return { number, extension };
  remark(`${field} cannot be read as a phone number, and was left out`);
  return { number: "", extension: "" };
}

/** A half of a character without the other one. */
const halves = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

/** Text as PostgreSQL stores it: without NUL and without halves of characters. */
export function storable(row: MirroredRow, remark: Remark): MirroredRow {
  return Object.fromEntries(Object.entries(row).map(([name, value]) => [name, cleaned(value, name, remark)]));
}

function cleaned(value: unknown, name: string, remark: Remark): unknown {
  if (typeof value === "string") {
    const text = value.replaceAll("\u0000", "").replaceAll(halves, "");
    if (text !== value) remark(`${name} had characters that cannot be stored, which were left out`);
    return text;
  }
  if (Array.isArray(value)) return value.map((item) => cleaned(item, name, remark));
  if (typeof value !== "object" || value === null || value instanceof Date) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, cleaned(item, name, remark)]));
}

/** Names of columns with null, for those that a record may not have. */
export function nulls(names: string): MirroredRow {
  return Object.fromEntries(names.split(", ").map((name) => [name, null]));
}

export function without(row: MirroredRow, names: readonly string[]): MirroredRow {
  return Object.fromEntries(Object.entries(row).filter(([name]) => !names.includes(name)));
}

/** The archived time of a record that the source says to be gone. */
export function goneTime(isGone: boolean, updated: unknown, { now }: Pick<MirrorContext, "now">): string | null {
  if (!isGone) return null;
  return typeof updated === "string" ? updated : now().toISOString();
}

/** A record in the JSON of the source. */
export type SourceRecord = JsonObject;
