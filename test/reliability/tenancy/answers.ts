import { type DescMethodUnary, type Message, toJsonString } from "@bufbuild/protobuf";
import { idempotencyReplayedHeader } from "../../../src/server/pipeline/idempotency-key.js";
import { detailTypes } from "../../../src/server/transport/http-message.js";
import type { Answer } from "../../support/answer.js";
import type { Cell } from "./cells.js";
import { canary } from "./neighbour.js";

/** Everything that an answer says, headers and trailers included, a character a byte. */
export function wholeText(method: DescMethodUnary, answer: Answer<Message>): string {
  const headers = Object.entries(answer.headers).map(([name, value]) => `${name}: ${value}`);
  const body = answer.ok
    ? toJsonString(method.output, answer.message, { registry: detailTypes })
    : `${answer.wire}\n${JSON.stringify(answer)}`;
  return [...headers, body].join("\n");
}

/** The canaries in a text, without the ids that the caller itself sent, or has given to what it made. */
export function leaksIn(text: string, cell: Cell, given: ReadonlySet<string>): string[] {
  const own = cell.twin ? [cell.twin.foreign, ...given] : [...given];
  const foreign = own.reduce((rest, id) => rest.replaceAll(id, ""), text);
  // A key is hinted at by its first four characters and dots, and those can end as a canary begins.
  const found = new RegExp(`.{0,20}(?<!moego_\\w\\w)${canary.replace(".", "\\.")}.{0,40}`, "gs");
  return [...foreign.matchAll(found)].map(([text]) => text);
}

/** What was answered instead of what was expected; undefined when it was that. */
export function wrongAnswer(answer: Answer<Message>, { expected }: Cell): string | undefined {
  if (expected.code === "*") return undefined;
  if (answer.ok) {
    if (expected.isNoReplay && idempotencyReplayedHeader in answer.headers) return "a replay";
    return expected.code === "OK" ? undefined : "OK";
  }
  const { code, reason, violations } = answer;
  const said = `${code} ${reason} ${JSON.stringify(violations)}`;
  if (code !== expected.code) return said;
  if (expected.reason !== undefined && reason !== expected.reason) return said;
  if (expected.field === undefined) return undefined;
  const fields = violations.map(({ field }) => withoutPositions(field));
  return fields.some((field) => `${expected.field}.`.startsWith(`${field}.`)) ? undefined : said;
}

function withoutPositions(field: string): string {
  return field.replaceAll(/\[[^\]]*\]/g, "");
}

/** What came over the wire, the id that the caller sent and the time of day made the same. */
export function comparable(method: DescMethodUnary, answer: Answer<Message>, id: string): string {
  const headers = Object.entries(answer.headers)
    .filter(([name]) => name !== "date" && name !== "grpc-status-details-bin")
    .map(([name, value]) => `${name}: ${value}`)
    .toSorted();
  const body = answer.ok ? toJsonString(method.output, answer.message, { registry: detailTypes }) : answer.wire;
  return [...headers, body].join("\n").replaceAll(id, "?");
}
