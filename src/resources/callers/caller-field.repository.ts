import type { Database } from "../../db/database.js";
import { statement } from "../../db/statement.js";
import { fieldTypeOf, type OptionJson, toOption } from "../custom-fields/custom-field.columns.js";
import { fieldAssociations, fieldTypes } from "../custom-fields/custom-field.model.js";
import type { AnsweredField } from "./caller.model.js";
import { companyId } from "./caller-search.columns.js";

export interface FieldJson {
  readonly id: string;
  readonly code: string;
  readonly type: number;
  /** Null if the customer has chosen none. */
  readonly options: readonly OptionJson[] | null;
}

const activeFields = (ofCompany: string) => `custom_field d WHERE d.company_id = ${ofCompany}
  AND d.association_type = ${fieldAssociations.numberOf("CUSTOMER")} AND d.archived_time IS NULL`;
const fieldOrder = "d.display_order, d.label, d.id";

/** A company can have a megabyte of options, and a customer has chosen few of them. */
const chosenOptions = `CASE WHEN c.custom_fields ? d.code THEN (
    SELECT json_agg(o) FROM jsonb_array_elements(d.options) o WHERE CASE d.type
      WHEN ${fieldTypes.numberOf("SELECT")} THEN o -> 'value' -> 'string' = c.custom_fields -> d.code -> 'string'
      WHEN ${fieldTypes.numberOf("MULTI_SELECT")} THEN
        c.custom_fields -> d.code -> 'stringList' -> 'values' ? (o -> 'value' ->> 'string') END) END`;

/**
 * JSON of the active custom fields of customers, in their order, with the options that `customer AS c` has chosen. NULL
 * if there is none.
 */
export const fieldsJson = `(SELECT json_agg(json_build_object('id', d.id, 'code', d.code, 'type', d.type,
    'options', ${chosenOptions}) ORDER BY ${fieldOrder})
  FROM ${activeFields(companyId)})`;

export function toField({ options, ...field }: FieldJson): AnsweredField {
  return { ...field, type: fieldTypeOf(field), options: options?.map(toOption) ?? [] };
}

const fieldIdsStatement = statement(
  "caller.field_ids",
  `SELECT d.id FROM ${activeFields("$1")} ORDER BY ${fieldOrder}`,
);

/** The ids of the active custom fields of customers, in their order. */
export async function readFieldIds(database: Database, companyId: string, signal: AbortSignal) {
  const rows = await database.read<{ id: string }>(fieldIdsStatement, [companyId], signal);
  return rows.map(({ id }) => id);
}
