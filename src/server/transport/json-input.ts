import {
  create,
  type DescField,
  type DescMessage,
  fromJson,
  type JsonObject,
  type JsonValue,
  type Message,
  mergeFromJson,
  ScalarType,
} from "@bufbuild/protobuf";
import { type ReflectMessage, reflect } from "@bufbuild/protobuf/reflect";
import { FieldMaskSchema } from "@bufbuild/protobuf/wkt";
import { invalidRequest, maxViolations, type Violation, type ViolationReason } from "../../core/errors.js";
import { isOutputOnly, type ReadBack } from "../pipeline/read-back.js";
import { type Beside, fieldNamed, nothingBeside, unwrapped, withoutOwnId } from "./json-beside.js";
import { enumValueName } from "./json-enums.js";
import {
  arrayHint,
  fieldHint,
  jsonFormHint,
  leafFault,
  leafJson,
  losesPrecision,
  messageFault,
} from "./json-faults.js";
import { isJsonObject, type JsonNode, type JsonObjectNode, parseJson } from "./json-parse.js";
import { maskPaths, rewriteJson } from "./json-rewrites.js";
import { maxItemsOf, maxMaskPaths, tooManyItems, tooManyValues } from "./limits.js";
import { listedItems } from "./listed-items.js";

/** Types with their own JSON encoding; protobuf reads them as one value. */
const wholeTypes = new Set(
  ["Any", "Struct", "Value", "ListValue", "Timestamp", "Duration"]
    .concat(
      ["Double", "Float", "Int64", "UInt64", "Int32", "UInt32", "Bool", "String", "Bytes"].map(
        (name) => `${name}Value`,
      ),
    )
    .map((name) => `google.protobuf.${name}`),
);

/** Part of a key that is repeated in the paths below it. No error shows more of a path. */
const maxKeyChars = 256;

/**
 * Decodes the bytes of a JSON request. An empty body is an empty object.
 *
 * @throws DomainError
 */
export function decodeJson(
  schema: DescMessage,
  bytes: Uint8Array,
  options: Omit<ReadOptions, "found" | "isLenient"> = {},
): Message {
  if (bytes.length === 0) return readJson(schema, { members: [] });
  const root = parseJson(bytes, (keys) => tooManyValues(schema, keys));
  return readJson(schema, withoutOwnId(schema, unwrapped(schema, root, options.readBack), options.readBack), options);
}

/**
 * Reads a request from proto3 JSON, including the alternatives in `json-rewrites.ts`, enum values as in `json-enums.ts`
 * and FieldMask paths in lowerCamelCase or snake_case. Nothing is ignored silently: unknown and duplicate fields, wrong
 * types, unsafe integers and `__proto__` keys are all reported in one error, each with its path. The length of a list is
 * checked before its items are read.
 *
 * @throws DomainError INVALID_REQUEST
 */
export function readJson(schema: DescMessage, root: JsonNode, options: ReadOptions = {}): Message {
  const reader = new JsonReader(schema, options);
  const request = reader.readMessage(schema, root, "", options.readBack?.resource);
  if (!request || reader.faultCount > 0) throw invalidRequest(reader.faults, reader.faultCount);
  return request.message;
}

interface ReadOptions {
  /** Violations found earlier, reported together with the new ones. */
  readonly found?: readonly Violation[];
  /** Whether a number is accepted for a string, and an empty string for an enum counts as absent. */
  readonly isLenient?: boolean;
  /** Receives what the request says beside its message. */
  readonly beside?: Beside;
  /** What the request of an update may repeat. */
  readonly readBack?: ReadBack | undefined;
}

class JsonReader {
  /** The first violations, up to the limit. */
  readonly faults: Violation[];
  faultCount: number;
  private readonly isLenient: boolean;
  private readonly beside: Beside;
  private readonly readBack: ReadBack | undefined;

  constructor(
    private readonly request: DescMessage,
    { found = [], isLenient = false, beside = nothingBeside(), readBack }: ReadOptions,
  ) {
    this.isLenient = isLenient;
    this.beside = beside;
    this.readBack = readBack;
    this.faults = found.slice(0, maxViolations);
    this.faultCount = found.length;
  }

  /** @param resource the message as responses have it; members that only the server sets are ignored */
  readMessage(schema: DescMessage, given: JsonNode, path: string, resource?: DescMessage): ReflectMessage | undefined {
    const node = rewriteJson(schema, given, (member, reason, text) => this.fault(join(path, member), reason, text));
    if (node === null && given !== null) return undefined;
    if (schema.typeName === FieldMaskSchema.typeName) return this.readMask(node, path);
    if (wholeTypes.has(schema.typeName)) return this.readWhole(schema, node, path);
    if (!isJsonObject(node)) return this.messageFault(schema, node, path);
    const target = reflect(schema, create(schema));
    for (const [field, value] of this.fieldsOf(schema, node, path, resource)) {
      const at = join(path, field.name);
      this.readField(target, field, value, at, resource);
      if (!target.isSet(field)) this.beside.emptyMembers.set(at, "empty");
    }
    return target;
  }

  /** Members that name a field, each once and at most one per oneof. Null counts as absent. */
  private fieldsOf(
    schema: DescMessage,
    node: JsonObjectNode,
    path: string,
    resource: DescMessage | undefined,
  ): Map<DescField, JsonNode> {
    const given = new Map<DescField, JsonNode>();
    const seen = new Set<DescField>();
    const chosen = new Set<unknown>();
    for (const { key, value } of node.members) {
      const field = fieldNamed(schema, key);
      if (!field && this.takesBack(fieldNamed(resource, key), value, path)) continue;
      if (!field) this.fault(join(path, key), "UNKNOWN_FIELD", () => fieldHint(schema, key));
      else if (seen.has(field)) this.fault(join(path, field.name), "DUPLICATE_FIELD", "Duplicate field.");
      else {
        seen.add(field);
        if (value === null && field.message?.typeName !== "google.protobuf.Value") {
          this.beside.emptyMembers.set(join(path, field.name), "null");
          continue;
        }
        if (field.oneof && chosen.has(field.oneof)) {
          this.fault(
            join(path, field.name),
            "CONFLICT",
            "Must not be set together with another field of the same oneof.",
          );
        }
        chosen.add(field.oneof);
        given.set(field, value);
      }
    }
    return given;
  }

  /**
   * Whether a member that the request does not have may be repeated: one that only the server sets, and at the top one
   * that can be compared with the stored resource.
   */
  private takesBack(field: DescField | undefined, value: JsonNode, path: string): boolean {
    if (!field) return false;
    const isCompared = path === "" && this.readBack?.get !== undefined && !isOutputOnly(field);
    if (!isCompared || !this.readBack) return isOutputOnly(field);
    const { resource } = this.readBack;
    const { message, fields } = this.beside.repeated ?? { message: create(resource), fields: [] };
    if (value !== null) this.readField(reflect(resource, message), field, value, field.name);
    this.beside.repeated = { message, fields: [...fields, field] };
    return true;
  }

  private readField(
    target: ReflectMessage,
    field: DescField,
    node: JsonNode,
    path: string,
    resource?: DescMessage,
  ): void {
    switch (field.fieldKind) {
      case "message": {
        const child = this.readMessage(field.message, node, path, fieldNamed(resource, field.name)?.message);
        if (child) target.set(field, child);
        return;
      }
      case "list": {
        const items = typeof node === "string" ? listedItems(field, node) : node;
        if (!Array.isArray(items)) return void this.fault(path, "WRONG_TYPE", arrayHint(field));
        if (this.isTooLong(items.length, maxItemsOf(field), path)) return;
        for (const [index, item] of items.entries()) this.readItem(target, field, item, `${path}[${index}]`);
        return;
      }
      case "map":
        if (!isJsonObject(node)) return void this.fault(path, "WRONG_TYPE", "Must be an object.");
        if (this.isTooLong(node.members.length, maxItemsOf(field), path)) return;
        this.readMap(target, field, node, path);
        return;
      case "scalar":
      case "enum":
        this.readLeaf(target, field, node, path, (value) => value);
        return;
      default:
        field satisfies never;
    }
  }

  private readItem(
    target: ReflectMessage,
    field: DescField & { fieldKind: "list" },
    node: JsonNode,
    path: string,
  ): void {
    if (field.listKind !== "message") this.readLeaf(target, field, node, path, (value) => [value]);
    else {
      const item = this.readMessage(field.message, node, path);
      if (item) target.get(field).add(item);
    }
  }

  private readMap(target: ReflectMessage, field: MapField, node: JsonObjectNode, path: string): void {
    for (const { key, value, path: at } of this.entriesOf(node, path)) {
      if (field.mapKind !== "message") this.readLeaf(target, field, value, at, (leaf) => ({ [key]: leaf }));
      else {
        const item = this.readMessage(field.message, value, at);
        if (item) this.setEntry(target, field, key, item, at);
      }
    }
  }

  private setEntry(target: ReflectMessage, field: MapField, key: string, item: ReflectMessage, path: string): void {
    try {
      target.get(field).set(mapKey(field, key), item);
    } catch {
      this.fault(path, "INVALID_FORMAT", "Invalid map key for this field.");
    }
  }

  private readLeaf(
    target: ReflectMessage,
    field: LeafField,
    given: JsonNode,
    path: string,
    wrap: (value: JsonValue) => JsonValue,
  ): void {
    if (this.isLenient && given === "" && field.fieldKind === "enum") return;
    const isText = this.isLenient && typeof given === "number" && field.scalar === ScalarType.STRING;
    const node = isText ? String(given) : given;
    const value = field.enum && typeof node === "string" ? enumValueName(field.enum, node) : leafJson(node);
    if (losesPrecision(field, node)) {
      this.fault(path, "OUT_OF_RANGE", "The integer is too large for a JSON number; send it as a string.");
    } else if (value === undefined || value === null) {
      this.leafFault(field, node, path);
    } else {
      try {
        // Protobuf itself parses the single value.
        mergeFromJson(target.desc, target.message, { [field.jsonName]: wrap(value) });
      } catch {
        this.leafFault(field, node, path);
      }
    }
  }

  private readMask(node: JsonNode, path: string): ReflectMessage | undefined {
    if (typeof node !== "string") return this.fault(path, "WRONG_TYPE", "Must be a string of comma-separated paths.");
    const paths = maskPaths(this.request, node);
    if (!paths) return this.add(tooManyItems(join(path, "paths"), maxMaskPaths));
    return reflect(FieldMaskSchema, create(FieldMaskSchema, { paths }));
  }

  private readWhole(schema: DescMessage, node: JsonNode, path: string): ReflectMessage | undefined {
    const before = this.faultCount;
    const value = this.freeJson(node, path);
    if (this.faultCount > before) return undefined;
    try {
      return reflect(schema, fromJson(schema, value));
    } catch {
      const reason = typeof node === "string" ? "INVALID_FORMAT" : "WRONG_TYPE";
      return this.fault(path, reason, jsonFormHint(schema));
    }
  }

  /** JSON without a descriptor, under the same rules for keys and integers. */
  private freeJson(node: JsonNode, path: string): JsonValue {
    if (Array.isArray(node)) return node.map((item, index) => this.freeJson(item, `${path}[${index}]`));
    if (isJsonObject(node)) {
      const object: JsonObject = {};
      for (const { key, value, path: at } of this.entriesOf(node, path)) object[key] = this.freeJson(value, at);
      return object;
    }
    if (typeof node === "number" && Number.isInteger(node) && !Number.isSafeInteger(node)) {
      this.fault(path, "OUT_OF_RANGE", "The integer is too large for a JSON number; send it as a string.");
    }
    return node;
  }

  /** Entries of a map or a free-form object, without duplicate and reserved keys. */
  private entriesOf(node: JsonObjectNode, path: string): { key: string; value: JsonNode; path: string }[] {
    const seen = new Set<string>();
    return node.members.flatMap(({ key, value }) => {
      const at = `${path}[${JSON.stringify(key.slice(0, maxKeyChars))}]`;
      if (key === "__proto__") this.fault(at, "NOT_ALLOWED", "Reserved key.");
      else if (seen.has(key)) this.fault(at, "DUPLICATE_FIELD", "Duplicate key.");
      else {
        seen.add(key);
        return [{ key, value, path: at }];
      }
      return [];
    });
  }

  private messageFault(schema: DescMessage, node: JsonNode, path: string): undefined {
    const { reason, description } = messageFault(schema, node);
    this.fault(path, reason, description);
  }

  private leafFault(field: LeafField, node: JsonNode, path: string): void {
    const { reason, description } = leafFault(field, node);
    this.fault(path, reason, description);
  }

  private isTooLong(length: number, max: number, path: string): boolean {
    if (length > max) this.add(tooManyItems(path, max));
    return length > max;
  }

  /** @param description a function if it is expensive to build; called only if the violation is reported */
  private fault(field: string, reason: ViolationReason, description: string | (() => string)): undefined {
    if (typeof description === "string") this.add({ field, reason, description });
    else if (this.faults.length < maxViolations) this.add({ field, reason, description: description() });
    else this.faultCount += 1;
  }

  private add(violation: Violation): undefined {
    this.faultCount += 1;
    if (this.faults.length < maxViolations) this.faults.push(violation);
  }
}

type LeafField = Parameters<typeof leafFault>[0];
type MapField = DescField & { readonly fieldKind: "map" };

/** Converts a JSON key to the map's key type. The map rejects what cannot be converted. */
function mapKey(field: MapField, key: string): unknown {
  if (field.mapKey === ScalarType.STRING) return key;
  if (field.mapKey === ScalarType.BOOL) return key === "true" || (key === "false" ? false : key);
  return isLongKey(field) && /^-?\d+$/.test(key) ? BigInt(key) : Number(key);
}

function isLongKey({ mapKey }: MapField): boolean {
  const long = [ScalarType.INT64, ScalarType.UINT64, ScalarType.SINT64, ScalarType.FIXED64, ScalarType.SFIXED64];
  return long.includes(mapKey);
}

function join(path: string, name: string): string {
  return path === "" ? name : `${path}.${name}`;
}
