import type { Message } from "@bufbuild/protobuf";
import type { TestServer } from "../support/server.js";

/** How an RPC that writes is repeated (test/rpc/idempotency.test.ts). */
export interface Repeat {
  /** Requests about something made for the purpose, new each time. */
  requests(server: TestServer): Promise<RepeatedRequests>;
  /** Removes from a response what only the first one shows. */
  hideSecret(response: Message): void;
}

/** Each of the first two leaves a change. */
export interface RepeatedRequests {
  readonly good: Message;
  readonly other: Message;
  /** Rejected after the idempotency key was looked up. */
  readonly bad: Message;
}

interface Named {
  readonly companyId: string;
  readonly id: string;
}

/** Of an RPC that changes a whole resource, which it names; `make` makes one. */
export function onWhole(make: (server: TestServer) => Promise<Named>) {
  return async (server: TestServer) => {
    const [good, other] = [await make(server), await make(server)];
    return { good, other, bad: { ...good, id: "absent" } };
  };
}
