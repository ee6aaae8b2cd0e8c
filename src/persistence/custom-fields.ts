import type { FieldDefinition, FieldType, FieldValue } from "../domain/custom-fields.js";
import type { CustomFieldRepository } from "../domain/setting-repository.js";
import type { Database } from "./database.js";
import { statement } from "./statement.js";

interface DefinitionRow {
  readonly code: string;
  readonly type: number;
  readonly is_required: boolean;
  readonly archived: boolean;
  readonly default_value: FieldValue | null;
  readonly options: readonly { readonly value?: { readonly string?: string } }[];
}

/** Definitions of custom fields. Every create of a customer asks for them, so the look-up is prepared SQL. */
export function createCustomFieldRepository(database: Database): CustomFieldRepository {
  return {
    async definitions(companyId, association, signal) {
      const rows = await database.read<DefinitionRow>(
        definitions,
        [companyId, associationNumbers[association]],
        signal,
      );
      return rows.map(toDefinition);
    },

    async missingRelations(companyId, targets, signal) {
      const customers = targets.filter((target) => target.entity === "CUSTOMER");
      const rows = await database.read<{ code: string }>(
        knownCustomers,
        [
          companyId,
          customers.map((target) => target.code),
          customers.map((target) => target.refId ?? null),
          customers.map((target) => target.rawId?.toString() ?? null),
        ],
        signal,
      );
      const known = new Set(rows.map((row) => row.code));
      return targets.flatMap((target) => (known.has(target.code) ? [] : [target.code]));
    },
  };
}

const associationNumbers = { CUSTOMER: 1, LEAD: 2 } as const;

const definitions = statement(
  "custom_field.definitions",
  `SELECT code, type, is_required, archived_time IS NOT NULL AS archived, default_value, options
   FROM custom_field WHERE company_id = $1 AND association_type = $2 ORDER BY display_order, label, id`,
);

/** By id or by raw id; both given must name the same customer. */
const knownCustomers = statement(
  "custom_field.known_customers",
  `SELECT w.code FROM unnest($2::text[], $3::text[], $4::bigint[]) AS w (code, ref_id, raw_id)
   WHERE EXISTS (SELECT FROM customer c WHERE c.company_id = $1 AND c.id = w.ref_id AND c.raw_id = coalesce(w.raw_id, c.raw_id))
      OR (w.ref_id IS NULL AND EXISTS (SELECT FROM customer c WHERE c.company_id = $1 AND c.raw_id = w.raw_id))`,
);

/** By number in moego.business.setting.v1.CustomField.Type. */
const fieldTypes: readonly (FieldType | undefined)[] = [
  undefined,
  "SHORT_TEXT",
  "LONG_TEXT",
  "NUMBER",
  "DATE",
  "BOOLEAN",
  "SELECT",
  "MULTI_SELECT",
  "RELATION",
  "MONEY",
  "TIME",
  "DATETIME",
  "GROUP",
];

function toDefinition(row: DefinitionRow): FieldDefinition {
  const type = fieldTypes[row.type];
  if (!type) throw new Error(`custom field ${row.code} has the unknown type ${row.type}`);
  return {
    code: row.code,
    type,
    required: row.is_required,
    archived: row.archived,
    ...(row.default_value ? { defaultValue: row.default_value } : {}),
    options: row.options.flatMap((option) => option.value?.string ?? []),
  };
}
