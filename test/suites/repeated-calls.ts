import type { DescMethodUnary, Message } from "@bufbuild/protobuf";
import { rpcEntries } from "../resources/all-entries.js";
import { nameOf } from "../resources/method.js";
import type { Repeat } from "../resources/repeat.js";
import { isPlatformRpc } from "../support/able-key.js";
import type { Answer } from "../support/answer.js";
import { type FixtureKey, keys } from "../support/fixture-keys.js";
import type { TestServer } from "../support/server.js";

/** An RPC that writes, as the tests of idempotency keys repeat it. */
export interface Repeatable {
  /** `package.Service/Method` */
  readonly name: string;
  /** Makes what the calls are about, new each time. */
  prepare(server: TestServer): Promise<RepeatedCalls>;
}

export interface RepeatedCalls {
  /** Two requests that both are good, by `variant`; each leaves a change. */
  send(options: SendOptions): Promise<Answer<Message>>;
  /** A request that is rejected after the idempotency key was looked up. */
  refuse(options: SendOptions): Promise<Answer<Message>>;
}

export interface SendOptions {
  readonly headers: Readonly<Record<string, string>>;
  readonly variant?: string;
  readonly key?: FixtureKey;
}

export const repeatables: readonly Repeatable[] = rpcEntries.flatMap(({ method, repeat }) =>
  repeat ? [{ name: nameOf(method), prepare: (server: TestServer) => prepared(server, method, repeat) }] : [],
);

async function prepared(server: TestServer, method: DescMethodUnary, repeat: Repeat): Promise<RepeatedCalls> {
  const { good, other, bad } = await repeat.requests(server);
  const send = async (request: Message, { key, headers }: SendOptions) => {
    const answer = await server.call(method, request, { headers, ...keyFor(method, key) });
    if (answer.ok) repeat.hideSecret(answer.message);
    return answer;
  };
  return {
    send: ({ variant, ...options }) => send(variant ? other : good, options),
    refuse: (options) => send(bad, options),
  };
}

/** A platform key in place of a key of company A, and another one in place of another. */
function keyFor(method: DescMethodUnary, key: FixtureKey | undefined): { readonly key?: FixtureKey } {
  if (isPlatformRpc(method)) return { key: key ? keys.platformOther : keys.platform };
  return key ? { key } : {};
}
