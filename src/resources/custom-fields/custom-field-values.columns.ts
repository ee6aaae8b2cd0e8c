import type { StoredField } from "../../db/field-table.js";
import type { FieldValues } from "./custom-field-values.model.js";

/** The values of custom fields of a record, as JSON. */
export function customFieldsColumn(name: string): StoredField<FieldValues> {
  return {
    columns: { [name]: "jsonb" },
    write: (values) => ({ [name]: values }),
    read: (row) => (isFieldValues(row[name]) ? row[name] : {}),
  };
}

/** The service writes nothing else to the column. */
function isFieldValues(value: unknown): value is FieldValues {
  return typeof value === "object" && value !== null;
}
