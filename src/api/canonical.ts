import { clone, type DescMessage, type Message, toBinary } from "@bufbuild/protobuf";
import { type ReflectMessage, reflect } from "@bufbuild/protobuf/reflect";

const mapHolders = new WeakMap<DescMessage, boolean>();

/**
 * Encodes a message deterministically: equal messages give equal bytes. The protobuf binary encoding does not, because
 * it writes map entries in insertion order. Unknown fields are omitted, since they cannot change what the server does.
 * Idempotency fingerprints and page tokens are computed from these bytes.
 */
export function canonicalBytes(schema: DescMessage, message: Message): Uint8Array {
  if (!holdsMap(schema)) return toBinary(schema, message, { writeUnknownFields: false });
  const copy = clone(schema, message);
  sortMaps(reflect(schema, copy));
  return toBinary(schema, copy, { writeUnknownFields: false });
}

function sortMaps(message: ReflectMessage): void {
  for (const field of message.fields) {
    if (!message.isSet(field)) continue;
    switch (field.fieldKind) {
      case "message": {
        if (!holdsMap(field.message)) break;
        const child = message.get(field);
        sortMaps(child);
        // A Struct field is exposed as a plain object, and `get` returns a copy. Writing it back stores the sorted one.
        message.set(field, child);
        break;
      }
      case "list": {
        if (field.listKind !== "message" || !holdsMap(field.message)) break;
        const list = message.get(field);
        for (const [index, item] of [...list.entries()]) {
          if (!isReflected(item)) continue;
          sortMaps(item);
          list.set(index, item);
        }
        break;
      }
      case "map": {
        const map = message.get(field);
        const entries = [...map.entries()].sort(([a], [b]) => compareText(String(a), String(b)));
        map.clear();
        for (const [key, value] of entries) {
          if (isReflected(value)) sortMaps(value);
          map.set(key, value);
        }
        break;
      }
      case "scalar":
      case "enum":
        break;
      default:
        field satisfies never;
    }
  }
}

function isReflected(value: unknown): value is ReflectMessage {
  return typeof value === "object" && value !== null && "desc" in value && "message" in value;
}

function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/** Whether the type, or any type nested in it, has a map field. */
function holdsMap(schema: DescMessage, visiting: ReadonlySet<DescMessage> = new Set()): boolean {
  const known = mapHolders.get(schema);
  if (known !== undefined) return known;
  const path = new Set(visiting).add(schema);
  const found = schema.fields.some((field) => {
    if (field.fieldKind === "map") return true;
    const child = field.message;
    return child !== undefined && !path.has(child) && holdsMap(child, path);
  });
  // Inside a cycle "no" is preliminary, so it is cached only for the outermost type.
  if (found || visiting.size === 0) mapHolders.set(schema, found);
  return found;
}
