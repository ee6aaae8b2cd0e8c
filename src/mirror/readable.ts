import {
  create,
  type DescMessage,
  fromJson,
  type JsonObject,
  type JsonValue,
  type MessageShape,
} from "@bufbuild/protobuf";

export interface Readable<Desc extends DescMessage> {
  readonly message: MessageShape<Desc>;
  /** Members of the JSON that could not be read, and are absent. */
  readonly unreadable: readonly string[];
}

/**
 * Reads a message as the source writes it. Members that this version does not know are ignored. A member that cannot be
 * read is left out, so that it does not take the record with it.
 */
export function readMessage<Desc extends DescMessage>(schema: Desc, given: JsonObject): Readable<Desc> {
  const json = adapted(given);
  const options = { ignoreUnknownFields: true } as const;
  try {
    return { message: fromJson(schema, json, options), unreadable: [] };
  } catch {
    const kept: JsonObject = {};
    const unreadable: string[] = [];
    for (const [name, value] of Object.entries(json)) {
      try {
        fromJson(schema, { [name]: value }, options);
        kept[name] = value;
      } catch {
        unreadable.push(/^\w{1,40}$/.test(name) ? name : "a member");
      }
    }
    return { message: tryRead(schema, kept), unreadable };
  }
}

function tryRead<Desc extends DescMessage>(schema: Desc, json: JsonObject): MessageShape<Desc> {
  try {
    return fromJson(schema, json, { ignoreUnknownFields: true });
  } catch {
    return create(schema);
  }
}

/** What documents of the API show in another form than its contract has: dates as text, other names of address lines. */
function adapted(json: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(json).map(([name, value]) => [name, adaptedMember(name, value)]));
}

const dateMembers = ["birthday", "expirationDate", "expiration_date"];
const addressMembers = ["address", "addresses"];
const addressNames = new Map([
  ["street", "address1"],
  ["streetAddress", "address1"],
  ["zip", "postalCode"],
]);

function adaptedMember(name: string, value: JsonValue): JsonValue {
  if (dateMembers.includes(name) && typeof value === "string") {
    const [, year, month, day] = /^(\d{4})-(\d{2})-(\d{2})/.exec(value) ?? [];
    return year ? { year: Number(year), month: Number(month), day: Number(day) } : value;
  }
  if (name === "weight" && isObject(value)) return adaptedWeight(value);
  if (addressMembers.includes(name)) return Array.isArray(value) ? value.map(adaptedAddress) : adaptedAddress(value);
  return value;
}

function adaptedAddress(value: JsonValue): JsonValue {
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => {
      const known = addressNames.get(name);
      return [known !== undefined && value[known] === undefined ? known : name, member];
    }),
  );
}

const weightUnits = new Map([
  ["kg", "KILOGRAM"],
  ["lb", "POUND"],
  ["lbs", "POUND"],
]);

function adaptedWeight({ value, unit, ...others }: JsonObject): JsonObject {
  const known = typeof unit === "string" ? (weightUnits.get(unit.toLowerCase()) ?? unit) : unit;
  const isDecimal = typeof value === "number" && !Number.isInteger(value);
  const amount: JsonObject = isDecimal
    ? { value: Math.round(value), exactValue: String(value) }
    : value === undefined
      ? {}
      : { value };
  return { ...others, ...amount, ...(known === undefined ? {} : { unit: known }) };
}

export function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
