import { expect } from "vitest";
import { authorizationOf, keys } from "../../support/fixture-keys.js";
import type { TestServer } from "../../support/server.js";

/** A request as a public client of the hosted API sends it. */
export interface Sent {
  readonly verb?: "GET" | "POST" | "PUT";
  /** Path and query. */
  readonly to: string;
  readonly body?: object | string;
  readonly type?: string;
  readonly authorization?: string;
}

export interface Received {
  readonly status: number;
  readonly headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: JSON of any rpc
  readonly json: any;
}

export function senderTo(server: TestServer) {
  return async ({ verb, to, body, type = "application/json", authorization }: Sent): Promise<Received> => {
    const response = await fetch(`${server.app.httpUrl}/v1/${to}`, {
      method: verb ?? (body === undefined ? "GET" : "POST"),
      headers: {
        authorization: authorization ?? authorizationOf(keys.a),
        ...(body === undefined ? {} : { "content-type": type }),
      },
      ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, headers: response.headers, json: text === "" ? undefined : JSON.parse(text) };
  };
}

export type Send = ReturnType<typeof senderTo>;

/** The JSON of a request that must succeed. */
export async function accepted(send: Send, sent: Sent) {
  const received = await send(sent);
  expect(received, JSON.stringify(received.json)).toMatchObject({ status: 200 });
  return received.json;
}

/** The violations of a refused request, each with its field and text. */
export async function refused(send: Send, sent: Sent): Promise<readonly string[]> {
  const { status, json } = await send(sent);
  expect(status, JSON.stringify(json)).toBe(400);
  const details: readonly { readonly fieldViolations?: readonly Violation[] }[] = json.details;
  return details.flatMap(({ fieldViolations = [] }) =>
    fieldViolations.map(({ field, description }) => `${field}: ${description}`),
  );
}

interface Violation {
  readonly field: string;
  readonly description: string;
}
