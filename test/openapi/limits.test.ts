import { type JsonObject, type JsonValue, toJson } from "@bufbuild/protobuf";
import { afterAll, expect, it } from "vitest";
import { rpcEntries } from "../resources/all-entries.js";
import { nameOf } from "../resources/method.js";
import { keys } from "../support/fixture-keys.js";
import { startServer } from "../support/server.js";
import { currentDocument, objectAt, operationsOf } from "./document.js";

const server = await startServer();
afterAll(() => server.stop());

const document = currentDocument({ rpcs: {}, errors: {} });
const bodies = new Map(
  operationsOf(document).flatMap(({ rpc, content }) =>
    content["requestBody"] === undefined
      ? []
      : [[rpc, objectAt(content, "requestBody", "content", "application/json", "schema")] as const],
  ),
);

/** Parts of a record that is referred to, which a request can repeat as they were read. */
const readAndIgnored = ["referral_source.name"];

interface Excess {
  /** Names of members. */
  readonly path: readonly string[];
  readonly value: JsonValue;
}

it("states only limits that the server enforces", async () => {
  const kept: string[] = [];
  let tried = 0;
  for (const { method, request } of rpcEntries) {
    const body = bodies.get(nameOf(method));
    if (!body) continue;
    const sent = objectAt(toJson(method.input, await request(server)));
    for (const { path, value } of excessesOf(body)) {
      tried += 1;
      const changed = withValue(sent, path, value);
      const own = await server.callJson(method, changed, { key: keys.a });
      const needsOperator = !own.ok && own.reason === "SCOPE_REQUIRED";
      const answer = needsOperator ? await server.callJson(method, changed, { key: keys.operator }) : own;
      const names = path.map((name) => name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)).join(".");
      if (readAndIgnored.includes(names)) continue;
      const isRefused = !answer.ok && answer.violations.some(({ field }) => field.startsWith(names));
      if (!isRefused)
        kept.push(`${nameOf(method)} ${names}: ${answer.ok ? "accepted" : `${answer.reason} ${answer.text}`}`);
    }
  }
  expect(kept).toEqual([]);
  expect(tried).toBeGreaterThan(400);
}, 120_000);

/** For each limit of the members and of those of their messages, a value just beyond it. */
function excessesOf(schema: JsonObject, path: readonly string[] = []): readonly Excess[] {
  const { properties = {} } = resolved(schema);
  return Object.entries(objectAt(properties)).flatMap(([name, property]) => {
    const at = [...path, name];
    const member = objectAt(property);
    const value = beyond(member);
    if (value !== undefined) return [{ path: at, value }];
    return typeof member["$ref"] === "string" && path.length === 0 ? excessesOf(member, at) : [];
  });
}

function beyond({ type, maxLength, maximum, maxItems, items }: JsonObject): JsonValue | undefined {
  if (type === "string" && typeof maxLength === "number") return "a".repeat(maxLength + 1);
  if (type === "integer" && typeof maximum === "number" && maximum < 2 ** 31) return maximum + 1;
  if (type === "array" && typeof maxItems === "number")
    return Array.from({ length: maxItems + 1 }, () => itemOf(objectAt(items)));
  return undefined;
}

function itemOf(items: JsonObject): JsonValue {
  const { type, enum: names, properties = {} } = resolved(items);
  if (Array.isArray(names)) return names[1] ?? "";
  // An item without any member can count as absent.
  const text = Object.entries(objectAt(properties)).find(([, property]) => objectAt(property)["type"] === "string");
  return type === "object" ? (text ? { [text[0]]: "a" } : {}) : type === "string" ? "a" : 1;
}

function resolved(schema: JsonObject): JsonObject {
  const ref = schema["$ref"];
  return typeof ref === "string" ? objectAt(document, ...ref.slice("#/".length).split("/")) : schema;
}

function withValue(object: JsonObject, [name = "", ...rest]: readonly string[], value: JsonValue): JsonObject {
  const inner = object[name];
  return {
    ...object,
    [name]: rest.length === 0 ? value : withValue(inner === undefined ? {} : objectAt(inner), rest, value),
  };
}
