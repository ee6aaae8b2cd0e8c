import { timestamp } from "../../db/audit-log.js";
import type { Database } from "../../db/database.js";
import { Prisma } from "../../gen/prisma/client.js";
import {
  createSettingListRepository,
  type SettingRow,
  type SettingTable,
} from "../setting-lists/setting-list.repository.js";
import {
  type CustomField,
  type CustomFieldContent,
  type CustomFieldListRepository,
  type FieldOption,
  fieldSources,
  type NewCustomField,
} from "./custom-field.model.js";
import { type FieldAssociation, type FieldValue, fieldAssociations, fieldTypes } from "./custom-field-values.model.js";

interface FieldRow extends SettingRow {
  readonly company_id: string;
  readonly association_type: number;
  readonly code: string;
  readonly label: string;
  readonly type: number;
  readonly is_required: boolean;
  readonly default_value: FieldValue | null;
  readonly options: readonly OptionJson[];
  readonly source: number;
  readonly display_order: number;
  readonly help_text: string;
  readonly created_time: Date;
}

/** `CustomField.Option` in proto JSON. */
export interface OptionJson {
  readonly value?: { readonly string?: string };
  readonly label?: string;
  readonly sortOrder?: number;
}

/** The definitions of custom fields as lists. Customers and leads have separate orders. */
export function createCustomFieldListRepository(database: Database): CustomFieldListRepository {
  return {
    of: (association) => createSettingListRepository(database, fieldTable(association)),
    create: (field, write) => {
      const { association } = field.content;
      return createSettingListRepository(database, fieldTable(association, field.content)).create(field, write);
    },
  };
}

function fieldTable(
  association?: FieldAssociation,
  fresh?: NewCustomField,
): SettingTable<FieldRow, CustomField, CustomFieldContent> {
  return {
    kind: "custom_field",
    resource: "CustomField",
    unique: { custom_field_code_key: "code" },
    nameColumn: "label",
    ...(association ? { only: Prisma.sql`association_type = ${fieldAssociations.numberOf(association)}` } : {}),
    columns: ({ label, isRequired, defaultValue, options, helpText }) => ({
      label,
      is_required: isRequired,
      default_value: defaultValue ? json(defaultValue) : null,
      options: json(options.map(toOptionJson)),
      help_text: helpText,
    }),
    created: (_, now) => ({
      created_time: timestamp(now),
      ...(fresh ? identity(fresh) : {}),
    }),
    toEntry,
  };
}

/** The columns that cannot change, and the position. */
function identity({ association, code, type, displayOrder }: NewCustomField) {
  return {
    association_type: fieldAssociations.numberOf(association),
    code,
    type: fieldTypes.numberOf(type),
    ...(displayOrder === undefined ? {} : { display_order: displayOrder }),
  };
}

function toEntry(row: FieldRow): CustomField {
  const type = fieldTypes.wordOf(row.type);
  if (!type) throw new Error(`custom field ${row.code} has the unknown type ${row.type}`);
  return {
    companyId: row.company_id,
    id: row.id,
    association: fieldAssociations.wordOf(row.association_type) ?? "CUSTOMER",
    code: row.code,
    label: row.label,
    type,
    isRequired: row.is_required,
    ...(row.default_value ? { defaultValue: row.default_value } : {}),
    options: row.options.map(toOption).toSorted((a, b) => a.sortOrder - b.sortOrder || (a.label < b.label ? -1 : 1)),
    source: fieldSources.wordOf(row.source) ?? "CUSTOM",
    displayOrder: row.display_order,
    helpText: row.help_text,
    createdTime: row.created_time,
    lastUpdatedTime: row.last_updated_time,
    archived: row.archived_time !== null,
  };
}

export function toOption({ value, label = "", sortOrder = 0 }: OptionJson): FieldOption {
  return { value: value?.string ?? "", label, sortOrder };
}

function toOptionJson({ value, label, sortOrder }: FieldOption): OptionJson {
  return { value: { string: value }, label, sortOrder };
}

function json(value: unknown): Prisma.Sql {
  return Prisma.sql`${JSON.stringify(value)}::jsonb`;
}
