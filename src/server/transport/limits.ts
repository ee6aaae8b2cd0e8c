import { DomainError } from "../../core/errors.js";

/** Maximum size of one request message on any transport, before and after decompression. */
export const maxMessageBytes = 4 * 1024 * 1024;

export function messageTooLarge(limitBytes = maxMessageBytes): DomainError {
  return new DomainError("MESSAGE_TOO_LARGE", `The request exceeds ${limitBytes} bytes.`, {
    metadata: { limitBytes: String(limitBytes) },
  });
}
