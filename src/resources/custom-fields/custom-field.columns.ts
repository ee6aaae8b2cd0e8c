import { lateBytes, longTextBytes } from "../../core/record-size.js";
import type { Row, StoredField } from "../../db/field-table.js";
import type { SettingRow } from "../setting-lists/setting-list.repository.js";
import {
  type CustomField,
  type FieldAssociation,
  type FieldDefinition,
  type FieldOption,
  type FieldType,
  type FieldValue,
  type FieldValues,
  fieldAssociations,
  fieldSources,
  fieldTypes,
} from "./custom-field.model.js";

/** The values of custom fields of a record, as JSON. */
export function customFieldsColumn(name: string): StoredField<FieldValues> {
  return {
    columns: { [name]: "jsonb" },
    write: (values) => ({ [name]: values }),
    read: (row) => fieldValuesOf(row[name]),
  };
}

/** What a code unit of a text takes at most. */
const bytesPerUnit = 3;

/**
 * Reads a row of a list, which has its values as text. Long ones are parsed whenever they are asked for: values of a
 * mebibyte in each row would be copied by the garbage collector while all other requests wait.
 */
export function withLateValues<Stored extends Row, T extends { readonly customFields: FieldValues }>(
  toRecord: (row: Stored) => T,
): (row: Stored) => T {
  return (row) => {
    const text = row["custom_fields"];
    if (typeof text !== "string" || bytesPerUnit * text.length <= longTextBytes) return toRecord(row);
    const bytes = Buffer.byteLength(text);
    if (bytes <= longTextBytes) return toRecord(row);
    const record = toRecord({ ...row, custom_fields: {} });
    return Object.defineProperties(record, {
      customFields: { enumerable: true, get: () => fieldValuesOf(text) },
      // What an answer takes more for each value is little beside a long text.
      [lateBytes]: { value: { customFields: bytes } },
    });
  };
}

/** The values as the column or its text has them. */
export function fieldValuesOf(stored: unknown): FieldValues {
  const values: unknown = typeof stored === "string" ? JSON.parse(stored) : stored;
  return isFieldValues(values) ? values : {};
}

/** The service writes nothing else to the column. */
function isFieldValues(value: unknown): value is FieldValues {
  return typeof value === "object" && value !== null;
}

export interface FieldRow extends SettingRow {
  readonly company_id: string;
  readonly association_type: number;
  readonly code: string;
  readonly label: string;
  readonly type: number;
  readonly is_required: boolean;
  readonly default_value: FieldValue | null;
  /** As text in a list. */
  readonly options: readonly OptionJson[] | string;
  readonly source: number;
  readonly display_order: number;
  readonly help_text: string;
  readonly created_time: Date;
}

/** What the values of records are checked against. */
export interface DefinitionRow extends Pick<FieldRow, "code" | "type" | "is_required" | "default_value"> {
  readonly options: readonly OptionJson[];
  readonly archived: boolean;
}

/**
 * Of a create statement: `expected` has a row if the company has fields that a create fills in or requires, although
 * `:assumesNoFields`. The service then reads their definitions, which most companies have none of.
 */
export function expectedFieldsSql(association: FieldAssociation): string {
  return `expected AS MATERIALIZED (
  SELECT 1 WHERE :assumesNoFields::boolean AND EXISTS (SELECT 1 FROM custom_field
    WHERE company_id = :companyId AND association_type = ${fieldAssociations.numberOf(association)} AND archived_time IS NULL
      AND (is_required OR default_value IS NOT NULL)))`;
}

/** `CustomField.Option` in proto JSON. */
export interface OptionJson {
  readonly value?: { readonly string?: string };
  readonly label?: string;
  readonly sortOrder?: number;
}

export function toCustomField(row: FieldRow): CustomField {
  return {
    companyId: row.company_id,
    id: row.id,
    association: fieldAssociations.wordOf(row.association_type) ?? "CUSTOMER",
    code: row.code,
    label: row.label,
    type: fieldTypeOf(row),
    isRequired: row.is_required,
    ...(row.default_value ? { defaultValue: row.default_value } : {}),
    // A list of all fields has ten thousand options. Read one field at a time, they are gone before the next.
    get options() {
      return toOptions(row.options);
    },
    source: fieldSources.wordOf(row.source) ?? "CUSTOM",
    displayOrder: row.display_order,
    helpText: row.help_text,
    createdTime: row.created_time,
    lastUpdatedTime: row.last_updated_time,
    archived: row.archived_time !== null,
    ...(typeof row.options === "string" ? { [lateBytes]: { options: Buffer.byteLength(row.options) } } : {}),
  };
}

interface DefinitionsSql {
  readonly company: string;
  readonly association: string;
  readonly codes: string;
  readonly withExpected: string;
}

/** Selects rows of `DefinitionRow`. The parameters are SQL. */
export function definitionsSql({ company, association, codes, withExpected }: DefinitionsSql): string {
  return `SELECT code, type, is_required, archived_time IS NOT NULL AS archived, default_value,
     CASE WHEN is_named THEN options ELSE '[]'::jsonb END AS options
   FROM (SELECT f.*, f.code = ANY(${codes}) AS is_named FROM custom_field f
     WHERE f.company_id = ${company} AND f.association_type = ${association}) f
   WHERE CASE WHEN is_named THEN true
     ELSE ${withExpected} AND archived_time IS NULL AND greatest(is_required, default_value IS NOT NULL) END
   ORDER BY display_order, label, id`;
}

export function toDefinition(row: DefinitionRow): FieldDefinition {
  return {
    code: row.code,
    type: fieldTypeOf(row),
    required: row.is_required,
    archived: row.archived,
    ...(row.default_value ? { defaultValue: row.default_value } : {}),
    options: row.options.flatMap((option) => option.value?.string ?? []),
  };
}

export function fieldTypeOf({ code, type: number }: Pick<FieldRow, "code" | "type">): FieldType {
  const type = fieldTypes.wordOf(number);
  if (!type) throw new Error(`custom field ${code} has the unknown type ${number}`);
  return type;
}

function toOptions(json: FieldRow["options"]): readonly FieldOption[] {
  const options: readonly OptionJson[] = typeof json === "string" ? JSON.parse(json) : json;
  return options.map(toOption).toSorted((a, b) => a.sortOrder - b.sortOrder || (a.label < b.label ? -1 : 1));
}

export function toOption({ value, label = "", sortOrder = 0 }: OptionJson): FieldOption {
  return { value: value?.string ?? "", label, sortOrder };
}

export function toOptionJson({ value, label, sortOrder }: FieldOption): OptionJson {
  return { value: { string: value }, label, sortOrder };
}
