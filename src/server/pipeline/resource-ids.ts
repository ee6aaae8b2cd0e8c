import { type DescField, type DescMessage, type DescMethod, type Message, ScalarType } from "@bufbuild/protobuf";

type ReadIds = (message: object, into: Set<string>) => void;

/** Fields that name a record of this server. Ids of third-party systems can be personal data. */
const namesRecord = /^(id|(customer|lead|pet|package|note|business|flow|external_api|link|key)_id)$/;
/** A generated id. Others may be anything, such as a phone number as the id of an import. */
const generated = /^[a-z]{2,6}_[A-Za-z0-9]{22}$/;

const readers = new Map<DescMessage, ReadIds>();

/** The generated ids of the records that a request named and, if it succeeded, of the record that it created. */
export function resourceIdsOf(
  method: Pick<DescMethod, "input" | "output">,
  request: Message,
  response?: object,
): readonly string[] {
  const found = new Set<string>();
  readerOf(method.input)(request, found);
  if (response) readerOf(method.output)(response, found);
  return [...found];
}

function readerOf(message: DescMessage): ReadIds {
  const known = readers.get(message);
  if (known) return known;
  const ids = message.fields.filter((field) => isText(field) && namesRecord.test(field.name));
  const records = message.fields.filter((field) => field.fieldKind === "message" && hasId(field.message));
  const [record] = ids.length === 0 && records.length === 1 ? records : [];
  const read: ReadIds = (found, into) => {
    for (const field of ids) addId(found, field, into);
    const member = record && memberOf(found, record);
    if (isMessage(member)) addId(member, idField, into);
  };
  readers.set(message, read);
  return read;
}

const idField = { localName: "id" };

function isText(field: DescField): boolean {
  return field.fieldKind === "scalar" && field.scalar === ScalarType.STRING;
}

function hasId(message: DescMessage): boolean {
  return message.fields.some((field) => field.name === "id" && isText(field));
}

function addId(message: object, field: Pick<DescField, "localName">, into: Set<string>): void {
  const value = memberOf(message, field);
  if (typeof value === "string" && generated.test(value)) into.add(value);
}

function memberOf(message: object, { localName }: Pick<DescField, "localName">): unknown {
  return Reflect.get(message, localName);
}

function isMessage(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}
