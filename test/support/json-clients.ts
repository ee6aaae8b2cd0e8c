import { create, type DescMethodUnary, fromJson, type JsonObject } from "@bufbuild/protobuf";
import { codeFromString } from "@connectrpc/connect/protocol-connect";
import { StatusSchema } from "../../src/gen/proto/google/rpc/status_pb.js";
import { detailTypes } from "../../src/server/transport/http-message.js";
import { type Answer, type Headers, refusalOf } from "./answer.js";
import type { RestRequest } from "./rest-request.js";

const timeoutMs = 20_000;

/** One call of a REST route; the answer stays the JSON that it was. */
export async function sendRestJson(
  httpUrl: string,
  { verb, target, body }: RestRequest,
  headers: Headers,
): Promise<Answer<JsonObject>> {
  const { ok, text, answered } = await send(`${httpUrl}${target}`, verb, body, headers);
  if (ok) return { ok: true, message: JSON.parse(text), headers: answered };
  return refusalOf(fromJson(StatusSchema, JSON.parse(text), { registry: detailTypes }), answered, text);
}

/** One call of an rpc by Connect with a JSON body that is sent as it stands. */
export async function sendConnectJson(
  httpUrl: string,
  method: DescMethodUnary,
  request: JsonObject,
  headers: Headers,
): Promise<Answer<JsonObject>> {
  const url = `${httpUrl}/${method.parent.typeName}/${method.name}`;
  const { ok, text, answered } = await send(url, "POST", JSON.stringify(request), headers);
  if (ok) return { ok: true, message: JSON.parse(text), headers: answered };
  const error: ConnectErrorJson = JSON.parse(text);
  const details = (error.details ?? []).map(({ type, value }) => ({
    typeUrl: `type.googleapis.com/${type}`,
    value: Buffer.from(value, "base64"),
  }));
  const code = codeFromString(error.code) ?? 2;
  return refusalOf(create(StatusSchema, { code, message: error.message ?? "", details }), answered, text);
}

interface ConnectErrorJson {
  readonly code: string;
  readonly message?: string;
  readonly details?: readonly { readonly type: string; readonly value: string }[];
}

async function send(url: string, verb: string, body: string | undefined, headers: Headers) {
  const response = await fetch(url, {
    method: verb,
    headers: { ...(body === undefined ? {} : { "content-type": "application/json" }), ...headers },
    signal: AbortSignal.timeout(timeoutMs),
    ...(body === undefined ? {} : { body }),
  });
  return { ok: response.ok, text: await response.text(), answered: Object.fromEntries(response.headers) };
}
