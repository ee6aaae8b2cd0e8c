import { authorizationOf, keys } from "./fixture-keys.js";

export const formType = "application/x-www-form-urlencoded";

/** A REST request whose body and query are sent as they are. */
export interface RawRequest {
  /** GET without a body, otherwise POST. */
  readonly verb?: string;
  readonly body?: string | Uint8Array<ArrayBuffer>;
  readonly type?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export async function sendRaw(
  httpUrl: string,
  target: string,
  { verb, body, type = formType, headers = {} }: RawRequest = {},
) {
  const response = await fetch(`${httpUrl}${target}`, {
    method: verb ?? (body === undefined ? "GET" : "POST"),
    headers: {
      authorization: authorizationOf(keys.a),
      ...(body === undefined ? {} : { "content-type": type }),
      ...headers,
    },
    ...(body === undefined ? {} : { body }),
  });
  const text = await response.text();
  const isJson = response.headers.get("content-type") === "application/json";
  return {
    status: response.status,
    headers: response.headers,
    json: isJson && text !== "" ? JSON.parse(text) : undefined,
  };
}

/** The fields of the violations of an error, in alphabetical order. */
export const violationsOf = (error: {
  readonly details: readonly { readonly fieldViolations?: readonly { readonly field: string }[] }[];
}) => error.details.flatMap(({ fieldViolations = [] }) => fieldViolations.map(({ field }) => field)).toSorted();
