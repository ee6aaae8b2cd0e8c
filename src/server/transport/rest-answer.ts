import { type Message, type Registry, toJson } from "@bufbuild/protobuf";
import { reflect } from "@bufbuild/protobuf/reflect";
import { type HttpAnswer, jsonAnswer } from "./http-message.js";
import type { Route } from "./rest-routes.js";

/**
 * A successful response in REST: the text of the field that has the option `plain_text`, if it is present, and
 * otherwise JSON.
 *
 * @param registry message types allowed in an `Any`, in addition to error details
 */
export function restAnswer(
  { method, responseBody, plainText }: Route,
  message: Message,
  registry?: Registry,
): HttpAnswer {
  const options = { alwaysEmitImplicit: true, ...(registry ? { registry } : {}) };
  const schema = method.output;
  if (responseBody === "" && plainText === undefined) return jsonAnswer(200, toJson(schema, message, options));

  const whole = reflect(schema, message);
  const textField = plainText === undefined ? undefined : schema.field[plainText];
  if (textField && whole.isSet(textField)) return textAnswer(String(whole.get(textField)));
  const field = schema.fields.find(({ name }) => name === responseBody);
  if (field?.fieldKind !== "message") return jsonAnswer(200, toJson(schema, message, options));
  return jsonAnswer(200, whole.isSet(field) ? toJson(field.message, whole.get(field).message, options) : null);
}

function textAnswer(text: string): HttpAnswer {
  return { status: 200, headers: { "content-type": "text/plain; charset=utf-8" }, body: Buffer.from(text) };
}
