import { type Address, type AddressRecord, addressTypes } from "../core/address.js";
import { idPrefixes, newId } from "../core/ids.js";
import { listedNoteBytes, maxNotesInList, maxNotesInRecord } from "../core/note.js";

/**
 * JSON of a row, for json_agg, with its values as texts. json_build_object looks up the type of each value of each row,
 * which takes more time than reading the row.
 *
 * @param columns SQL of text by name
 */
export function textsJson(columns: Readonly<Record<string, string>>): string {
  return `json_object('{${Object.keys(columns).join(",")}}', ARRAY[${Object.values(columns).join(", ")}])`;
}

/** An address as in the columns of customer_address: numbers in a lead, texts in the JSON of `addressJson`. */
export interface AddressJson {
  readonly id: string;
  readonly address1: string;
  readonly address2: string;
  readonly city: string;
  readonly state: string;
  readonly postal_code: string;
  readonly country: string;
  readonly latitude: number | string | null;
  readonly longitude: number | string | null;
  readonly type: number | string;
}

/** JSON of `customer_address AS a`. */
export const addressJson = textsJson({
  ...{ id: "a.id", address1: "a.address1", address2: "a.address2", city: "a.city", state: "a.state" },
  ...{ postal_code: "a.postal_code", country: "a.country", type: "a.type::text" },
  ...{ latitude: "a.latitude::text", longitude: "a.longitude::text" },
});

/**
 * Inserts the rows `:addresses` of a customer of `:companyId`, as `insertPhonesSql` does its phones.
 *
 * @param inserted SQL of what has a row if the customer was written
 * @param id SQL of the id of the customer
 */
export function insertAddressesSql(inserted: string, id = ":id"): string {
  const columns = "address1, address2, city, state, postal_code, country, latitude, longitude, type";
  return `INSERT INTO customer_address (company_id, id, customer_id, ${columns})
  SELECT :companyId, x.id, ${id}, x.${columns.replaceAll(", ", ", x.")}
  FROM ${inserted}, jsonb_to_recordset(:addresses::jsonb) AS x (id text, address1 text, address2 text, city text, state text,
    postal_code text, country text, latitude float8, longitude float8, type smallint)`;
}

export function toAddress(json: AddressJson): Address {
  const { id, address1, address2, city, state, postal_code: postalCode, country, latitude, longitude } = json;
  const type = addressTypes.wordOf(Number(json.type)) ?? "PRIMARY";
  const address = { id, address1, address2, city, state, postalCode, country, type };
  if (latitude === null || longitude === null) return address;
  return { ...address, coordinate: { latitude: Number(latitude), longitude: Number(longitude) } };
}

/** An address in the fields of Prisma's customerAddress, without its id. */
export function addressData({ coordinate, type, ...lines }: AddressRecord) {
  const { address1, address2, city, state, postalCode, country } = lines;
  return {
    ...{ address1, address2, city, state, postalCode, country },
    latitude: coordinate?.latitude ?? null,
    longitude: coordinate?.longitude ?? null,
    type: addressTypes.numberOf(type),
  };
}

/** An address as a lead stores it and as the statement that creates a customer takes it. */
export function addressColumns(address: AddressRecord, id = newId(idPrefixes.address)) {
  const { postalCode: postal_code, ...same } = addressData(address);
  return { id, ...same, postal_code } satisfies AddressJson;
}

interface NotesOf {
  readonly table: string;
  /** Condition on `note` that selects the record. */
  readonly where: string;
  readonly text: string;
}

/** Limits the notes that are read with a record. */
export type NotesRead = (notes: NotesOf) => string;

/** The notes of a single record. A subquery without parentheses, unordered. */
export const recordNotesSql: NotesRead = ({ table, where }) => newest(table, where, maxNotesInRecord);

export const listNotesSql: NotesRead = (notes) => within(notes, maxNotesInList, `${listedNoteBytes}`);

/**
 * The notes of a record that is shown with a few others.
 *
 * @param bytes SQL of the total size of its texts
 */
export function notesWithinBytesSql(bytes: string): NotesRead {
  return (notes) => within(notes, maxNotesInRecord, bytes);
}

/** The size of a stored text is known without reading it. */
function within({ table, where, text }: NotesOf, count: number, bytes: string): string {
  return `SELECT * FROM (SELECT few.*, sum(octet_length(few.${text})) OVER (ORDER BY few.created_time DESC, few.id DESC) AS bytes
    FROM (${newest(table, where, count)}) few) counted WHERE bytes <= ${bytes}`;
}

function newest(table: string, where: string, count: number): string {
  return `SELECT note.* FROM ${table} note WHERE ${where} ORDER BY note.created_time DESC, note.id DESC LIMIT ${count}`;
}
