import { ConnectError, type Transport } from "@connectrpc/connect";
import { MoegoError } from "./moego-error.js";

/**
 * A transport whose calls throw `MoegoError`, and whose calls without a stream have a deadline. A stream such as an export
 * can take any time, so it has only the deadline that its call names.
 */
export function typedTransport(transport: Transport, defaultTimeoutMs: number): Transport {
  return {
    unary: (method, signal, timeoutMs = defaultTimeoutMs, ...rest) =>
      transport.unary(method, signal, timeoutMs, ...rest).catch(throwTyped),
    async stream(...call) {
      const response = await transport.stream(...call).catch(throwTyped);
      return { ...response, message: typedMessages(response.message) };
    },
  };
}

async function* typedMessages<T>(messages: AsyncIterable<T>): AsyncGenerator<T> {
  try {
    yield* messages;
  } catch (thrown) {
    throwTyped(thrown);
  }
}

function throwTyped(thrown: unknown): never {
  throw new MoegoError(ConnectError.from(thrown));
}
