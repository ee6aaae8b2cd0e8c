import { type DescMessage, type JsonValue, type Message, type Registry, toJson } from "@bufbuild/protobuf";
import { reflect } from "@bufbuild/protobuf/reflect";
import { type HttpAnswer, jsonAnswer } from "./http-message.js";
import type { Route } from "./rest-routes.js";

/**
 * A successful response in REST: the text of the field that has the option `plain_text`, if it is present, and
 * otherwise JSON.
 *
 * @param types message types allowed in an `Any`, in addition to error details
 */
export function restAnswer({ method, responseBody, plainText }: Route, message: Message, types?: Registry): HttpAnswer {
  const text = plainText && textOf(method.output, message, plainText);
  if (text === undefined) return jsonAnswer(200, jsonOf(method.output, message, responseBody, types));
  return { status: 200, headers: { "content-type": "text/plain; charset=utf-8" }, body: Buffer.from(text) };
}

function textOf(schema: DescMessage, message: Message, name: string): string | undefined {
  const field = schema.field[name];
  const whole = reflect(schema, message);
  const text: unknown = field && whole.isSet(field) ? whole.get(field) : undefined;
  return typeof text === "string" ? text : undefined;
}

function jsonOf(
  schema: DescMessage,
  message: Message,
  responseBody: string,
  registry: Registry | undefined,
): JsonValue {
  const options = { alwaysEmitImplicit: true, ...(registry ? { registry } : {}) };
  const field = schema.fields.find(({ name }) => name === responseBody);
  if (field?.fieldKind !== "message") return toJson(schema, message, options);
  const whole = reflect(schema, message);
  return whole.isSet(field) ? toJson(field.message, whole.get(field).message, options) : null;
}
