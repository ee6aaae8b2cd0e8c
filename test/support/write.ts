import type { WriteContext } from "../../src/core/write.js";

/** A write as the pipeline would hand it down, without a claim unless one is given. */
export function writeWith(fields: Partial<WriteContext> = {}): WriteContext {
  return {
    rpc: "moego.test.v1.TestService/Write",
    requestId: "req_test",
    keyId: "key_test",
    companies: "all",
    ip: "127.0.0.1",
    signal: new AbortController().signal,
    ...fields,
  };
}
