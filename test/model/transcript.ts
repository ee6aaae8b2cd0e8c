import { type DescMethodUnary, type JsonValue, type Message, toJson } from "@bufbuild/protobuf";
import type { Answer } from "../support/answer.js";
import type { Manner } from "./command.js";

/** A call of a sequence, whole. */
export interface Exchange {
  readonly method: DescMethodUnary;
  readonly request: JsonValue;
  readonly how: Manner;
  readonly answer: Answer<Message>;
}

/** The call and its answer, a line each. Nothing is cut: a long run of one character is counted. */
export function exchangeLines({ method, request, how, answer }: Exchange): string[] {
  const { by, transport, idempotencyKey } = how;
  const key = idempotencyKey === undefined ? "" : `, idempotency key ${idempotencyKey}`;
  return [
    `${method.name} over ${transport}, key of a ${by}${key}`,
    `  request: ${counted(JSON.stringify(request))}`,
    `  ${counted(answered(method, answer))}`,
  ];
}

function answered(method: DescMethodUnary, answer: Answer<Message>): string {
  if (!answer.ok) {
    const { code, reason, text, violations } = answer;
    return `rejected: ${JSON.stringify({ code, reason, text, violations })}`;
  }
  const replayed = answer.headers["idempotency-replayed"] === "true" ? " (replayed)" : "";
  return `response${replayed}: ${JSON.stringify(toJson(method.output, answer.message, { alwaysEmitImplicit: true }))}`;
}

/** `aaa...` of 10,000 letters as `a<10000 times>`. */
export function counted(text: string): string {
  return text.replaceAll(/(.)\1{40,}/gu, (run, character) => `${character}<${[...run].length} times>`);
}
