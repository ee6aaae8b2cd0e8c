import { type ContactPhone, isPlain, phoneLabels, phoneOwners, plainPhone } from "../core/phone/contact-phone.js";

/** A row of customer_phone or lead_phone. */
export interface PhoneJson {
  readonly position: number;
  readonly number: string;
  readonly extension: string;
  readonly label: number;
  readonly belongs_to: number;
  readonly person_name: string;
}

/** JSON of the rows of `customer_phone AS p` or `lead_phone AS p`. NULL if the record has one plain phone. */
export const phonesJson = `json_agg(json_build_object('position', p.position, 'number', p.number,
  'extension', p.extension, 'label', p.label, 'belongs_to', p.belongs_to, 'person_name', p.person_name)
  ORDER BY p.position)`;

/**
 * The phones of a record. The previous build changes the main phone alone: rows that belong to its former number do not
 * count.
 *
 * @param main the column `phone`
 */
export function toPhones(main: string, rows: readonly PhoneJson[] | null): readonly ContactPhone[] {
  if (main === "") return [];
  if (rows === null) return [plainPhone(main)];
  const details = rows.find(({ number }) => number === main);
  const others = rows.filter(({ position, number }) => position > 0 && number !== main);
  return [details ? toPhone(details) : plainPhone(main), ...others.map(toPhone)];
}

function toPhone({ number, extension, label, belongs_to, person_name: personName }: PhoneJson): ContactPhone {
  const word = phoneLabels.wordOf(label);
  const belongsTo = phoneOwners.wordOf(belongs_to) ?? "OWNER";
  return { number, extension, belongsTo, personName, ...(word ? { label: word } : {}) };
}

/** The rows that store the phones. The main phone has none if nothing but its number is known. */
export function phoneRows(phones: readonly ContactPhone[]): readonly PhoneJson[] {
  return phones.flatMap((phone, position) => {
    if (position === 0 && isPlain(phone)) return [];
    const { number, extension, label, belongsTo, personName: person_name } = phone;
    const numbers = { label: phoneLabels.numberOf(label), belongs_to: phoneOwners.numberOf(belongsTo) };
    return [{ position, number, extension, ...numbers, person_name }];
  });
}

/**
 * Inserts the rows `:phones` of a record of `:companyId`.
 *
 * @param inserted the common table expression that has a row if the record was inserted
 * @param id SQL of the id of the record
 */
export function insertPhonesSql(owner: "customer" | "lead", inserted: string, id = ":id"): string {
  return `INSERT INTO ${owner}_phone (company_id, ${owner}_id, position, number, extension, label, belongs_to, person_name)
  SELECT :companyId, ${id}, x.position, x.number, x.extension, x.label, x.belongs_to, x.person_name
  FROM ${inserted}, jsonb_to_recordset(:phones::jsonb) AS x (position smallint, number text, extension text,
    label smallint, belongs_to smallint, person_name text)`;
}

/** The rows in the fields of Prisma's customerPhone and leadPhone. */
export function phoneData(phones: readonly ContactPhone[]) {
  return phoneRows(phones).map(({ belongs_to: belongsTo, person_name: personName, ...same }) => ({
    ...{ ...same, belongsTo, personName },
  }));
}
