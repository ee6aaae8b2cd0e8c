import type { JsonValue } from "@bufbuild/protobuf";

const day = 86_400_000;

/** An answer without what is another one every time: made ids, times of now, secrets and tokens, by what they are. */
export function steady(answer: JsonValue, now = Date.now()): JsonValue {
  const ids = new Map<string, string>();
  const numbered = (whole: string, prefix: string) => {
    const known = ids.get(whole) ?? `${prefix}<${ids.size + 1}>`;
    ids.set(whole, known);
    return known;
  };
  const text = (value: string) =>
    value
      .replaceAll(/\bmoego_[0-9A-Za-z]{49}\b/g, "<secret>")
      .replaceAll(/\/cof\/[\w-]{43}/g, "/cof/<token>")
      .replaceAll(/\bmoego_\w{4}\.\.\./g, "<hint>")
      .replaceAll(/\b([a-z]+_)[0-9A-Za-z]{22}\b/g, numbered)
      .replaceAll(/\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/g, "<uuid>")
      .replaceAll(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g, (time) => steadyTime(time, now))
      .replaceAll(/x{1000,}/g, (run) => `<${run.length} x>`);
  const walk = (value: JsonValue, name: string): JsonValue => {
    if (typeof value === "string") return tokens.includes(name) && value !== "" ? `<${name}>` : text(value);
    if (typeof value === "number") return /Ms$/.test(name) ? `<${name}>` : value;
    if (Array.isArray(value)) return value.map((item) => walk(item, name));
    if (typeof value !== "object" || value === null) return value;
    // A map has no order.
    const sorted = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
    const kept = sorted.filter(([key]) => !untimed.includes(key));
    return Object.fromEntries(kept.map(([key, item]) => [text(key), walk(item, key)]));
  };
  return walk(answer, "");
}

const tokens = ["nextPageToken"];

/** Written beside the call, some time after it. */
const untimed = ["lastUsedTime"];

/** Fixed times of the fixtures stay; those that the clock gave are told by how far they are from now. */
function steadyTime(time: string, now: number): string {
  const after = Date.parse(time) - now;
  const isOfClock = Math.abs(after) < day || (/\.\d/.test(time) && after > 0);
  return isOfClock ? `<now ${Math.round(after / 3_600_000)} h>` : time;
}
