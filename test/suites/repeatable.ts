import type { DescMessage, DescMethodUnary, Message, MessageInitShape } from "@bufbuild/protobuf";
import type { Answer } from "../support/answer.js";
import type { FixtureKey } from "../support/fixture-keys.js";
import type { TestServer } from "../support/server.js";
import { nameOf } from "./rpc-fixture.js";

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

interface Requests<I extends DescMessage> {
  /** Good by themselves, one for the call and one for its variant. */
  readonly good: MessageInitShape<I>;
  readonly other: MessageInitShape<I>;
  readonly bad: MessageInitShape<I>;
}

/** A repeatable of requests that are known before any of them is sent. */
export function repeatable<I extends DescMessage, O extends DescMessage>(
  method: DescMethodUnary<I, O>,
  requests: (server: TestServer) => Promise<Requests<I>>,
): Repeatable {
  return {
    name: nameOf(method),
    async prepare(server) {
      const { good, other, bad } = await requests(server);
      return {
        send: ({ variant, ...options }) => server.call(method, variant ? other : good, options),
        refuse: (options) => server.call(method, bad, options),
      };
    },
  };
}

/** An rpc that does something to a whole resource that it names; `make` makes one. */
export function onWhole<I extends DescMessage, O extends DescMessage>(
  method: DescMethodUnary<I, O>,
  make: (server: TestServer) => Promise<MessageInitShape<I>>,
): Repeatable {
  return repeatable(method, async (server) => {
    const [good, other] = [await make(server), await make(server)];
    return { good, other, bad: { ...good, id: "absent" } };
  });
}
