import { type DescField, type DescMessage, type DescMethodUnary, type Message, ScalarType } from "@bufbuild/protobuf";

type ReadIds = (message: object) => readonly string[];

/** Fields that name a record of this server. Ids of third-party systems can be personal data. */
const namesRecord = /^(id|(customer|lead|pet|package|note|business|flow|external_api|link|key)_id)$/;
/** A generated id. Others may be anything, such as a phone number as the id of an import. */
const generated = /^[a-z]{2,6}_[A-Za-z0-9]{22}$/;

const readers = new Map<DescMessage, ReadIds>();

/** The generated ids of the records that a request named and, if it succeeded, of the record that it created. */
export function resourceIdsOf(method: DescMethodUnary, request: Message, response?: object): readonly string[] {
  const named = readerOf(method.input)(request);
  const created = response ? readerOf(method.output)(response) : [];
  return [...new Set([...named, ...created])];
}

function readerOf(message: DescMessage): ReadIds {
  const known = readers.get(message);
  if (known) return known;
  const ids = message.fields.filter((field) => isText(field) && namesRecord.test(field.name));
  const records = message.fields.filter((field) => field.fieldKind === "message" && hasId(field.message));
  const [record] = ids.length === 0 && records.length === 1 ? records : [];
  const read: ReadIds = (found) => [
    ...ids.flatMap((field) => idOf(found, field)),
    ...(record ? [memberOf(found, record)].flatMap((member) => (isMessage(member) ? idOf(member, idField) : [])) : []),
  ];
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

function idOf(message: object, field: Pick<DescField, "localName">): readonly string[] {
  const value = memberOf(message, field);
  return typeof value === "string" && generated.test(value) ? [value] : [];
}

function memberOf(message: object, { localName }: Pick<DescField, "localName">): unknown {
  return Reflect.get(message, localName);
}

function isMessage(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}
