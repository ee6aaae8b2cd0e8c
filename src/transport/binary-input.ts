import { type DescMessage, fromBinary, type MessageShape } from "@bufbuild/protobuf";
import { DomainError } from "../domain/errors.js";

/** Reads a request from protobuf's binary form. Throws DomainError MALFORMED_REQUEST. */
export function decodeBinary<Schema extends DescMessage>(schema: Schema, bytes: Uint8Array): MessageShape<Schema> {
  try {
    return fromBinary(schema, bytes);
  } catch {
    throw new DomainError("MALFORMED_REQUEST", "The request is not a message of its type in protobuf's binary form.");
  }
}
