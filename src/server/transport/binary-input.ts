import { type DescMessage, fromBinary, type MessageShape } from "@bufbuild/protobuf";
import { DomainError } from "../../core/errors.js";
import { checkBinary } from "./binary-limits.js";
import { keepByteOrderMarks } from "./text-encoding.js";

keepByteOrderMarks();

/**
 * Decodes a binary protobuf request.
 *
 * @throws DomainError MALFORMED_REQUEST, INVALID_REQUEST
 */
export function decodeBinary<Schema extends DescMessage>(schema: Schema, bytes: Uint8Array): MessageShape<Schema> {
  try {
    checkBinary(schema, bytes);
    return fromBinary(schema, bytes);
  } catch (error) {
    if (error instanceof DomainError) throw error;
    throw new DomainError("MALFORMED_REQUEST", "The request is not a valid protobuf message of this type.");
  }
}
