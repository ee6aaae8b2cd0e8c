import { type DescEnum, ScalarType } from "@bufbuild/protobuf";
import type { JsonNode } from "../json-parse.js";

/** Undefined for everything that is not clearly valid. */
type ReadLeaf = (node: JsonNode) => unknown;

/** Numbers and other spellings of a name are rare. */
export function enumReader({ values }: DescEnum): ReadLeaf {
  const numbers = new Map<JsonNode, number>(values.map(({ name, number }) => [name, number]));
  return (node) => numbers.get(node);
}

export function scalarReader(type: ScalarType | undefined): ReadLeaf {
  switch (type) {
    case ScalarType.STRING:
      return (node) => (typeof node === "string" ? node : undefined);
    case ScalarType.BOOL:
      return (node) => (typeof node === "boolean" ? node : undefined);
    case ScalarType.DOUBLE:
      return (node) => (typeof node === "number" ? node : undefined);
    case ScalarType.INT32:
      return (node) => integer(node, (number) => (number | 0) === number);
    case ScalarType.UINT32:
      return (node) => integer(node, (number) => number >>> 0 === number);
    case ScalarType.INT64:
      return (node) => {
        const number = integer(node, Number.isSafeInteger);
        return number === undefined ? undefined : BigInt(number);
      };
    default:
      return () => undefined;
  }
}

/** Texts come from parameters, and from clients that send 64 bits as ProtoJSON does. */
function integer(node: JsonNode, isInRange: (number: number) => boolean): number | undefined {
  const number = typeof node === "string" && /^\d{1,15}$/.test(node) ? Number(node) : node;
  return typeof number === "number" && isInRange(number) && !Object.is(number, -0) ? number : undefined;
}
