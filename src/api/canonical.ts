import { clone, type DescMessage, type Message, toBinary } from "@bufbuild/protobuf";
import { type ReflectMessage, reflect } from "@bufbuild/protobuf/reflect";

const mapHolders = new WeakMap<DescMessage, boolean>();

/**
 * The message as bytes that are equal for equal messages. Protobuf's own binary form is not: it writes maps in the
 * order of insertion. Fields that this server does not know are left out, since they cannot change what it does.
 * Fingerprints of idempotent requests and page tokens bind to it.
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
        // Struct is a plain object in the message and comes as a copy: written back, it is the sorted one.
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

/** True when the type or any type within it has a map field. */
function holdsMap(schema: DescMessage, visiting: ReadonlySet<DescMessage> = new Set()): boolean {
  const known = mapHolders.get(schema);
  if (known !== undefined) return known;
  const path = new Set(visiting).add(schema);
  const found = schema.fields.some((field) => {
    if (field.fieldKind === "map") return true;
    const child = field.message;
    return child !== undefined && !path.has(child) && holdsMap(child, path);
  });
  // Within a cycle the answer "no" may only mean "not seen from here"; it is final at the outermost type.
  if (found || visiting.size === 0) mapHolders.set(schema, found);
  return found;
}
