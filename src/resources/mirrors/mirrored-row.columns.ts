import { Prisma } from "../../gen/prisma/client.js";
import type { MirroredKind, MirroredPart, MirroredRecord, MirroredRow } from "./mirror.model.js";

/** A table with rows of a record. */
export interface PartTable {
  readonly table: string;
  /** The column with the id of the record. */
  readonly owner: string;
  /** The rest of the primary key, and the order of the rows. */
  readonly key: readonly string[];
  /** Columns beside company and owner. */
  readonly columns: readonly string[];
  /** Whether the key does not name the record. Its rows move when another record has them. */
  readonly isMovable: boolean;
}

const phoneColumns = ["position", "number", "extension", "label", "belongs_to", "person_name"];
const noteColumns = ["id", "note", "created_time", "last_updated_by", "last_updated_time"];
const addressColumns = [
  ...["id", "address1", "address2", "city", "state", "postal_code", "country", "latitude", "longitude", "type"],
];

const externalIdPart = (owner: "customer" | "lead" | "pet" | "package") => ({
  ...{ table: `${owner}_external_id`, owner: `${owner}_id`, key: ["system", "external_id"], isMovable: true },
  columns: ["system", "external_id"],
});

const contactParts = (owner: "customer" | "lead") => ({
  phones: {
    ...{ table: `${owner}_phone`, owner: `${owner}_id`, key: ["position"], columns: phoneColumns, isMovable: false },
  },
  notes: { table: `${owner}_note`, owner: `${owner}_id`, key: ["id"], columns: noteColumns, isMovable: true },
  tags: { table: `${owner}_tag`, owner: `${owner}_id`, key: ["tag_id"], columns: ["tag_id"], isMovable: false },
  external_ids: externalIdPart(owner),
});

const petNoteColumns = noteColumns.map((name) => (name === "note" ? "content" : name));

/** The tables of the parts of each kind. */
export const partTables: Readonly<Partial<Record<MirroredKind, Partial<Record<MirroredPart, PartTable>>>>> = {
  customer: {
    ...contactParts("customer"),
    address: { table: "customer_address", owner: "customer_id", key: ["id"], columns: addressColumns, isMovable: true },
  },
  lead: contactParts("lead"),
  pet: {
    notes: { table: "pet_note", owner: "pet_id", key: ["id"], columns: petNoteColumns, isMovable: true },
    external_ids: externalIdPart("pet"),
    pet_codes: {
      table: "pet_pet_code",
      owner: "pet_id",
      key: ["pet_code_id"],
      columns: ["pet_code_id"],
      isMovable: false,
    },
    vaccinations: {
      ...{ table: "pet_vaccination", owner: "pet_id", key: ["position"], isMovable: false },
      columns: ["position", "name", "expired_time"],
    },
  },
  package: { external_ids: externalIdPart("package") },
};

/** Columns that say when a record left. The source says only whether it did. */
const flags = ["archived_time", "deleted_time"];

interface Compared {
  readonly companyId: string;
  readonly kind: MirroredKind;
  readonly records: readonly MirroredRecord[];
}

/** Selects `id`, `found` and `changed`, the columns in which rows differ from the records. */
export function rowDifferences({ companyId, kind, records }: Compared): Prisma.Sql {
  const rows = jsonOf(records.map(({ id, row }) => ({ ...row, id })));
  const table = Prisma.raw(kind);
  return Prisma.sql`
    SELECT r.id::text AS id, t.id IS NOT NULL AS found, array(
      SELECT n.key FROM jsonb_each(to_jsonb(r)) n
      WHERE e ? n.key AND n.value IS DISTINCT FROM to_jsonb(t) -> n.key
        AND NOT (n.key = ANY(${flags}) AND num_nulls(nullif(n.value, 'null'), nullif(to_jsonb(t) -> n.key, 'null')) = 0)
    ) AS changed
    FROM jsonb_array_elements(${rows}::jsonb) e
    CROSS JOIN LATERAL jsonb_populate_record(NULL::${table}, e) r
    LEFT JOIN ${table} t ON t.company_id = ${companyId} AND t.id = r.id`;
}

/** Selects the ids of records whose rows in the table of the part differ. */
export function partDifferences({ companyId, kind, records }: Compared, part: MirroredPart): Prisma.Sql | undefined {
  const found = partTables[kind]?.[part];
  const compared = records.filter(({ parts }) => parts[part] !== undefined);
  if (!found || compared.length === 0) return undefined;
  const { table, owner, key, columns } = found;
  const rows = compared.flatMap(({ id, parts }) => (parts[part] ?? []).map((row) => ({ ...row, [owner]: id })));
  const ids = compared.map(({ id }) => id);
  const partial = compared.flatMap(({ id, partial: named }) => (named?.includes(part) ? [id] : []));
  const shape = (alias: string) =>
    Prisma.raw(`jsonb_agg(jsonb_build_object(${columns.map((name) => `'${name}', ${alias}.${name}`).join(", ")})
      ORDER BY ${key.map((name) => `${alias}.${name}`).join(", ")})`);
  return Prisma.sql`
    SELECT coalesce(d.owner, s.owner)::text AS id FROM
      (SELECT r.${Prisma.raw(owner)} AS owner, ${shape("r")} AS rows
        FROM jsonb_populate_recordset(NULL::${Prisma.raw(table)}, ${jsonOf(rows)}::jsonb) r GROUP BY 1) d
      FULL JOIN (SELECT t.${Prisma.raw(owner)} AS owner, ${shape("t")} AS rows FROM ${Prisma.raw(table)} t
        WHERE t.company_id = ${companyId} AND t.${Prisma.raw(owner)} = ANY(${ids}::text[]) GROUP BY 1) s
      ON s.owner = d.owner
    WHERE CASE WHEN coalesce(d.owner, s.owner) = ANY(${partial}::text[])
      THEN NOT coalesce(s.rows, '[]') @> coalesce(d.rows, '[]') ELSE d.rows IS DISTINCT FROM s.rows END`;
}

interface Written {
  readonly companyId: string;
  readonly record: MirroredRecord;
}

/** Inserts the row of a record. */
export function insertRow({ companyId, record }: Written): Prisma.Sql {
  const { kind, id } = record;
  const row: MirroredRow = { ...record.inserted, ...record.row };
  const names = Object.keys(row);
  return Prisma.sql`
    INSERT INTO ${Prisma.raw(kind)} (${Prisma.raw(["company_id", "id", ...names].join(", "))})
    SELECT ${companyId}, ${id}, ${Prisma.raw(names.map((name) => `r.${name}`).join(", "))}
    FROM jsonb_populate_record(NULL::${Prisma.raw(kind)}, ${jsonOf(row)}::jsonb) r`;
}

/** Sets the columns that differ, and selects the new version. */
export function updateRow({ companyId, record }: Written, changed: readonly string[], now: Date): Prisma.Sql {
  const { kind, id, row } = record;
  const names = Object.keys(row).filter((name) => changed.includes(name));
  const stamp = isSetting(kind) && !names.includes("last_updated_time") ? [Prisma.sql`last_updated_time = ${now}`] : [];
  const assignments = names.map((name) => Prisma.raw(`${name} = r.${name}`));
  return Prisma.sql`
    UPDATE ${Prisma.raw(kind)} t SET ${Prisma.join([...assignments, ...stamp, Prisma.raw("version = t.version + 1")])}
    FROM jsonb_populate_record(NULL::${Prisma.raw(kind)}, ${jsonOf(row)}::jsonb) r
    WHERE t.company_id = ${companyId} AND t.id = ${id} RETURNING t.version`;
}

/**
 * Statements that replace the rows of a part.
 *
 * @param isNew whether the record has just been inserted, so that it has no rows
 */
export function replacePart({ companyId, record }: Written, part: MirroredPart, isNew: boolean): readonly Prisma.Sql[] {
  const found = partTables[record.kind]?.[part];
  if (!found) return [];
  const { table, owner, key, columns, isMovable } = found;
  const rows = record.parts[part] ?? [];
  const removal = Prisma.sql`
    DELETE FROM ${Prisma.raw(table)} t WHERE t.company_id = ${companyId} AND t.${Prisma.raw(owner)} = ${record.id}`;
  const removals = isNew ? [] : [removal];
  if (rows.length === 0) return removals;
  const moved = Prisma.raw(
    [owner, ...columns.filter((name) => !key.includes(name))].map((name) => `${name} = excluded.${name}`).join(", "),
  );
  const keys = Prisma.raw(["company_id", ...key].join(", "));
  const conflict = isMovable ? Prisma.sql`ON CONFLICT (${keys}) DO UPDATE SET ${moved}` : Prisma.empty;
  const insertion = Prisma.sql`
    INSERT INTO ${Prisma.raw(table)} (company_id, ${Prisma.raw([owner, ...columns].join(", "))})
    SELECT ${companyId}, ${record.id}, ${Prisma.raw(columns.map((name) => `r.${name}`).join(", "))}
    FROM jsonb_populate_recordset(NULL::${Prisma.raw(table)}, ${jsonOf(rows)}::jsonb) r ${conflict}`;
  return [...removals, insertion];
}

/** Whether the table says when a row was updated, and the source may not. */
export function isSetting(kind: MirroredKind): boolean {
  return !["business", "staff", "customer", "lead", "pet", "package"].includes(kind);
}

export function jsonOf(value: unknown): string {
  return JSON.stringify(value, (_, member) => (typeof member === "bigint" ? String(member) : member));
}
