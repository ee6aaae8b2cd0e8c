import type { DescField, DescMessage } from "@bufbuild/protobuf";
import { jsonTextAnswer } from "./codec/answer.js";
import { isJson, readerOf, valuesOf } from "./codec/values.js";
import { type HttpAnswer, jsonType } from "./http-message.js";
import type { Route } from "./rest-routes.js";

/**
 * A successful response in REST: the text of the field that has the option `plain_text`, if it is present, and
 * otherwise JSON.
 *
 * @param message the response message, or what it is created from
 */
export function restAnswer(
  { method, responseBody, plainText }: Route,
  message: object,
): HttpAnswer | Promise<HttpAnswer> {
  const schema = method.output;
  const text = plainText === undefined ? undefined : memberOf(schema.field[plainText], message);
  if (text !== undefined) return answerOf("text/plain; charset=utf-8", String(text));
  const body = responseBody === "" ? undefined : schema.fields.find(({ name }) => name === responseBody);
  if (body?.fieldKind !== "message") return jsonAnswerOf(schema, message);
  const part = memberOf(body, message);
  if (part === undefined || isJson(body.message, schema)) return answerOf(jsonType, JSON.stringify(part ?? null));
  return jsonAnswerOf(body.message, valuesOf(part));
}

function memberOf(field: DescField | undefined, message: object): unknown {
  return field && readerOf(field)(valuesOf(message));
}

function jsonAnswerOf(schema: DescMessage, message: object): HttpAnswer | Promise<HttpAnswer> {
  const text = jsonTextAnswer(schema, message);
  return text instanceof Promise ? text.then((whole) => answerOf(jsonType, whole)) : answerOf(jsonType, text);
}

function answerOf(type: string, text: string | Buffer): HttpAnswer {
  return { status: 200, headers: { "content-type": type }, body: text };
}
