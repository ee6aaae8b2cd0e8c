import {
  create,
  type DescField,
  type DescMessage,
  fromJson,
  type JsonValue,
  type Message,
  mergeFromJson,
  ScalarType,
} from "@bufbuild/protobuf";
import { type ReflectMessage, reflect } from "@bufbuild/protobuf/reflect";
import { FieldMaskSchema } from "@bufbuild/protobuf/wkt";
import { invalidRequest, maxViolations, type Violation } from "../../core/errors.js";
import { isOutputOnly, type ReadBack } from "../pipeline/read-back.js";
import { type Beside, fieldNamed, nothingBeside } from "./json-beside.js";
import { entriesOf, freeJson, type MapField, mapKey, type ReportFault } from "./json-entries.js";
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
import { isJsonObject, type JsonNode, type JsonObjectNode } from "./json-parse.js";
import { maskPaths, rewriteJson } from "./json-rewrites.js";
import { maxItemsOf, maxMaskPaths, tooManyItems } from "./limits.js";
import { listedItems } from "./listed-items.js";
import { memberPath } from "./member-path.js";

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

/**
 * Reads a request member by member, and reports all that is wrong with it in one error, each with its path.
 *
 * @throws DomainError INVALID_REQUEST
 */
export function readEveryMember(schema: DescMessage, root: JsonNode, options: ReadOptions = {}): Message {
  const reader = new JsonReader(schema, options);
  const request = reader.readMessage(schema, root, "", options.readBack?.resource);
  if (!request || reader.faultCount > 0) throw invalidRequest(reader.faults, reader.faultCount);
  return request.message;
}

export interface ReadOptions {
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
  private readonly fault: ReportFault = (field, reason, description) => {
    if (typeof description === "string") this.add({ field, reason, description });
    else if (this.faults.length < maxViolations) this.add({ field, reason, description: description() });
    else this.faultCount += 1;
  };

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
    const node = rewriteJson(schema, given, (member, reason, text) =>
      this.fault(memberPath(path, member), reason, text),
    );
    if (node === null && given !== null) return undefined;
    if (schema.typeName === FieldMaskSchema.typeName) return this.readMask(node, path);
    if (wholeTypes.has(schema.typeName)) return this.readWhole(schema, node, path);
    if (!isJsonObject(node)) return this.messageFault(schema, node, path);
    const target = reflect(schema, create(schema));
    for (const [field, value] of this.fieldsOf(schema, node, path, resource)) {
      const at = memberPath(path, field.name);
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
      if (!field) this.fault(memberPath(path, key), "UNKNOWN_FIELD", () => fieldHint(schema, key, value));
      else if (seen.has(field)) this.fault(memberPath(path, field.name), "DUPLICATE_FIELD", "Duplicate field.");
      else {
        seen.add(field);
        if (value === null && field.message?.typeName !== "google.protobuf.Value") {
          this.beside.emptyMembers.set(memberPath(path, field.name), "null");
          continue;
        }
        if (field.oneof && chosen.has(field.oneof)) {
          this.fault(
            memberPath(path, field.name),
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
    for (const { key, value, path: at } of entriesOf(node, path, this.fault)) {
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
    if (!paths) return this.add(tooManyItems(memberPath(path, "paths"), maxMaskPaths));
    return reflect(FieldMaskSchema, create(FieldMaskSchema, { paths }));
  }

  private readWhole(schema: DescMessage, node: JsonNode, path: string): ReflectMessage | undefined {
    const before = this.faultCount;
    const value = freeJson(node, path, this.fault);
    if (this.faultCount > before) return undefined;
    try {
      return reflect(schema, fromJson(schema, value));
    } catch {
      const reason = typeof node === "string" ? "INVALID_FORMAT" : "WRONG_TYPE";
      return this.fault(path, reason, jsonFormHint(schema));
    }
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

  private add(violation: Violation): undefined {
    this.faultCount += 1;
    if (this.faults.length < maxViolations) this.faults.push(violation);
  }
}

type LeafField = Parameters<typeof leafFault>[0];
