import type { Message } from "@bufbuild/protobuf";
import type { Answer } from "../support/answer.js";
import type { FixtureKey } from "../support/fixture-keys.js";
import type { TestServer } from "../support/server.js";

/** An rpc that writes, as test/rpc/idempotency.test.ts repeats it. */
export interface Repeatable {
  /** `package.Service/Method` */
  readonly name: string;
  /** Makes what the calls are about, anew each time. */
  prepare(server: TestServer): Promise<Prepared>;
}

export interface Prepared {
  /** Two requests that both are good, by `variant`; each leaves a change. */
  send(options: SendOptions): Promise<Answer<Message>>;
  /** A request that is refused after the idempotency key has been looked at. */
  refuse(options: SendOptions): Promise<Answer<Message>>;
}

export interface SendOptions {
  readonly headers: Readonly<Record<string, string>>;
  readonly variant?: string;
  readonly key?: FixtureKey;
}
