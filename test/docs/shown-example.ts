import type { JsonObject, JsonValue } from "@bufbuild/protobuf";

/** Longer lists of an example say nothing more. */
const maxItems = 2;

/** JSON of a test as readers see it: short lists, the ids of the demo data, and nothing that only one test server has. */
export function shown(example: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(example).map(([name, value]) => [shownText(name), shownValue(value)]));
}

function shownValue(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.slice(0, maxItems).map(shownValue);
  if (typeof value === "object" && value !== null) return shown(value);
  return typeof value === "string" ? shownText(value) : value;
}

function shownText(text: string): string {
  return text
    .replaceAll(
      /\b(cmp|biz|staff|tag|ref)_a(\d?)\b/g,
      (_, prefix: string, number: string) => `${prefix}_00${number || "1"}`,
    )
    .replaceAll(/\b127\.0\.0\.1:\d+/g, "127.0.0.1:8080")
    .replaceAll(/\/cof\/[\w-]{43}/g, "/cof/TOKEN")
    .replaceAll(/^moego_\w+$/g, "moego_SECRET");
}
