import type { DescMessage } from "@bufbuild/protobuf";
import type { ViolationReason } from "../../core/errors.js";
import { isJsonObject, type JsonMember, type JsonNode } from "./json-parse.js";
import { maxMaskPaths } from "./limits.js";

/** Reports a violation at a path below the message. */
type ReportFault = (member: string, reason: ViolationReason, description: string) => void;

/** Returns null for a message that says nothing, which then counts as absent. */
type Rewrite = (node: JsonNode, report: ReportFault) => JsonNode;

/**
 * Alternative formats shown in the MoeGo API reference, by message type. Everything else about JSON follows from the
 * descriptors.
 */
const rewrites: Readonly<Record<string, Rewrite>> = {
  "moego.common.v1.Address": (node, report) =>
    isEmptyObject(node)
      ? null
      : renamed(renamed(node, "street", ["address1"], report), "zip", ["postalCode", "postal_code"], report),
  "moego.business.customer.v1.UpdateCustomerRequest": (node, report) =>
    renamed(withListedAddresses(node), "avatar", ["avatarPath", "avatar_path"], report),
  "moego.admin.v1.UpdateStaffRequest": withLocations,
  "moego.business.customer.v1.CustomerComplianceConfigUpdateDef.ComplianceChannelListUpdateDef": (node) =>
    Array.isArray(node) ? { members: [{ key: "channels", value: node }] } : node,
  "moego.business.customer.v1.CustomerComplianceConfig": (node) =>
    isJsonObject(node) ? { members: node.members.map(withBareChannels) } : node,
  "google.type.Date": (node) => (typeof node === "string" ? dateObject(node) : node),
  "moego.common.v1.Weight": weightObject,
  "moego.business.setting.v1.CustomField.Value": fieldValueObject,
};

export function rewriteOf({ typeName }: DescMessage): Rewrite | undefined {
  return rewrites[typeName];
}

export function rewriteJson(schema: DescMessage, node: JsonNode, report: ReportFault): JsonNode {
  const rewrite = rewriteOf(schema);
  if (rewrite) return rewrite(node, report);
  return Array.isArray(node) ? asOnlyList(schema, node) : node;
}

/** A list in place of a message that holds nothing but a list. Updates have such messages, and responses the lists. */
function asOnlyList({ fields, typeName }: DescMessage, items: JsonNode[]): JsonNode {
  const [only, ...others] = fields;
  const isList = only?.fieldKind === "list" && others.length === 0 && typeName.startsWith("moego.");
  return isList ? { members: [{ key: only.name, value: items }] } : items;
}

/** Reads the member `alias` as `names[0]`. If both are given and differ, reports a conflict at the alias. */
function renamed(node: JsonNode, alias: string, names: readonly [string, ...string[]], report: ReportFault): JsonNode {
  if (!isJsonObject(node) || !node.members.some(({ key }) => key === alias)) return node;
  const own = node.members.find(({ key, value }) => names.includes(key) && value !== null);
  return {
    members: node.members.flatMap((member) => {
      if (member.key !== alias) return [member];
      if (!own || member.value === null) return [{ key: names[0], value: member.value }];
      if (own.value !== member.value) report(alias, "CONFLICT", `Must equal ${own.key}, of which it is an alias.`);
      return [];
    }),
  };
}

/** Accepts the write format, `{"channels": [...]}`, where responses have a plain list. */
function withBareChannels(member: JsonMember): JsonMember {
  const lists = [
    "serviceRelatedChannels",
    "service_related_channels",
    "marketingCampaignsChannels",
    "marketing_campaigns_channels",
  ];
  const { key, value } = member;
  if (!lists.includes(key) || !isJsonObject(value)) return member;
  const [only, ...others] = value.members;
  return only?.key === "channels" && others.length === 0 ? { key, value: only.value } : member;
}

/** A list of addresses, as in a customer that is returned, has another field. */
function withListedAddresses(node: JsonNode): JsonNode {
  if (!isJsonObject(node)) return node;
  return {
    members: node.members.map(({ key, value }) => ({
      key: key === "address" && Array.isArray(value) ? "addresses" : key,
      value,
    })),
  };
}

/** The locations of a staff member as it is returned: a list without its message. */
function withLocations(node: JsonNode): JsonNode {
  if (!isJsonObject(node)) return node;
  return {
    members: node.members.map(({ key, value }) =>
      (key === "workingBusinessIds" || key === "working_business_ids") && Array.isArray(value)
        ? { key: "workingBusinesses", value: { members: [{ key: "businessIds", value }] } }
        : { key, value },
    ),
  };
}

function isEmptyObject(node: JsonNode): boolean {
  return isJsonObject(node) && node.members.length === 0;
}

/**
 * A custom field value without its member: the text is read by the type of the field. A list of texts is a `stringList`,
 * and `null` is an empty value, which clears the field.
 */
function fieldValueObject(node: JsonNode): JsonNode {
  if (Array.isArray(node)) {
    const values: JsonMember = { key: "values", value: node };
    return { members: [{ key: "stringList", value: { members: [values] } }] };
  }
  if (isJsonObject(node)) return { members: node.members.map(withDateAsWritten) };
  if (node === null) return { members: [] };
  if (typeof node === "number" && Number.isInteger(node) && !Number.isSafeInteger(node)) return node;
  return { members: node === "" ? [] : [{ key: "text", value: String(node) }] };
}

/** A day, or a time with an offset: as a timestamp it would lose the day that was written, which a DATE field needs. */
const dayOrOffset = /^\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?[+-]\d{2}:\d{2})?$/;

function withDateAsWritten(member: JsonMember): JsonMember {
  const { key, value } = member;
  const isTime = (key === "timestampTime" || key === "timestamp_time") && typeof value === "string";
  return isTime && dayOrOffset.test(value) ? { key: "text", value } : member;
}

/**
 * `"2024-01-15"` as the object of google.type.Date, also with a time of midnight, and `"2024-01"` and `"2024"`, which only
 * some fields accept. An empty string is an empty date. Any other string stays as is and is rejected later.
 */
function dateObject(text: string): JsonNode {
  if (text === "") return { members: [] };
  const [, year, month, day] = /^(\d{4})(?:-(\d{2})(?:-(\d{2})(?:T00:00(?::00(?:\.0{1,9})?)?Z?)?)?)?$/.exec(text) ?? [];
  if (year === undefined) return text;
  const parts = Object.entries({ year, month, day });
  return {
    members: parts.flatMap(([key, value]) => (value === undefined ? [] : [{ key, value: Number(value) }])),
  };
}

/**
 * A weight with decimals, with the units of the MoeGo API reference (`"kg"`), or as one text (`"25.5 kg"`). Decimals are
 * read as `exact_value`, which wins over `value`.
 */
function weightObject(node: JsonNode): JsonNode {
  if (typeof node === "string") {
    const [, value, unit] = /^\s*(\d+(?:\.\d+)?)\s*([a-z]+)\.?\s*$/i.exec(node) ?? [];
    if (value === undefined || unit === undefined || !weightUnits.has(unit.toLowerCase())) return node;
    return weightObject({ members: [weightMember("exactValue", value), weightMember("unit", unit)] });
  }
  if (!isJsonObject(node)) return node;
  const hasExact = node.members.some(({ key, value }) => /^exact_?value$/i.test(key) && value !== null && value !== "");
  return {
    members: node.members.flatMap(({ key, value }) => {
      if (key === "unit" && typeof value === "string")
        return [{ key, value: weightUnits.get(value.trim().toLowerCase()) ?? value }];
      const decimal = key === "value" ? decimalText(value) : undefined;
      if (decimal === undefined) return [{ key, value }];
      return hasExact ? [] : [weightMember("exactValue", decimal)];
    }),
  };
}

const weightMember = (key: string, value: string): JsonMember => ({ key, value });

const weightUnits: ReadonlyMap<string, string> = new Map([
  ...["kg", "kgs", "kilo", "kilos", "kilogram", "kilograms"].map((unit) => [unit, "KILOGRAM"] as const),
  ...["lb", "lbs", "pound", "pounds"].map((unit) => [unit, "POUND"] as const),
]);

/** More than the service stores. */
const weightDecimals = 9;

/** Undefined for everything but a decimal number. */
function decimalText(value: JsonNode): string | undefined {
  if (typeof value === "number" && value >= 0 && !Number.isInteger(value)) return value.toFixed(weightDecimals);
  return typeof value === "string" && /^\s*\d+\.\d+\s*$/.test(value) ? value : undefined;
}

/** Longer than any path of the contract, including map keys. */
const maxPathChars = 512;

/**
 * Converts the comma-separated paths of a FieldMask, in lowerCamelCase or snake_case, to the names of the contract.
 * Paths start at the request or at one of its messages (`lead` of UpdateLead). Map keys stay as is. So does a path that
 * names no field; the handler rejects it.
 *
 * @returns undefined for more than `maxMaskPaths` paths
 */
export function maskPaths(request: DescMessage, text: string): string[] | undefined {
  const given = text.split(",", maxMaskPaths + 1);
  if (given.length > maxMaskPaths) return undefined;
  return given
    .map((path) => path.trim())
    .filter((path) => path !== "")
    .map((path) => protoPath(request, path));
}

function protoPath(request: DescMessage, path: string): string {
  if (path.length > maxPathChars) return path;
  const segments = path.split(".");
  const roots = [request, ...request.fields.flatMap((field) => (field.fieldKind === "message" ? [field.message] : []))];
  for (const root of roots) {
    const named = protoSegments(root, segments);
    if (named) return named.join(".");
  }
  return path;
}

function protoSegments(start: DescMessage, segments: readonly string[]): readonly string[] | undefined {
  const named: string[] = [];
  let schema: DescMessage | undefined = start;
  for (const [index, segment] of segments.entries()) {
    const field: DescMessage["fields"][number] | undefined = schema?.fields.find(
      ({ name, jsonName }) => name === segment || jsonName === segment,
    );
    if (!field) return undefined;
    named.push(field.name);
    if (field.fieldKind === "map") return [...named, ...segments.slice(index + 1)];
    schema = field.message;
  }
  return named;
}
