import { MethodOptions_IdempotencyLevel } from "@bufbuild/protobuf/wkt";
import type { Interceptor } from "@connectrpc/connect";

/** Sends the API key with every call. */
export function authorizing(apiKey: string): Interceptor {
  return (next) => (request) => {
    request.header.set("authorization", `Bearer ${apiKey}`);
    return next(request);
  };
}

/** Gives each write an idempotency key of its own, unless it has one. */
export const idempotencyKeys: Interceptor = (next) => (request) => {
  const isRead = request.method.idempotency === MethodOptions_IdempotencyLevel.NO_SIDE_EFFECTS;
  if (!isRead && !request.header.has("idempotency-key")) {
    request.header.set("idempotency-key", crypto.randomUUID());
  }
  return next(request);
};
