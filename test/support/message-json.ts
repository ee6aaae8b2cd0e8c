import { type DescMessage, type JsonObject, type MessageShape, toJson } from "@bufbuild/protobuf";

/** A message in the JSON that REST and Connect answer with: unset scalars, lists and maps written out. */
export function messageJson<D extends DescMessage>(schema: D, message: MessageShape<D>): JsonObject {
  const json = toJson(schema, message, { alwaysEmitImplicit: true });
  if (typeof json !== "object" || json === null || Array.isArray(json)) throw new Error("a message is an object");
  return json;
}
