import type { AccessFilter } from "../../core/principal.js";
import { accessFilterValues, singleCompanyAccessPredicate } from "../../db/access-filter.js";
import type { Database } from "../../db/database.js";
import { statement } from "../../db/statement.js";
import type { Prisma } from "../../gen/prisma/client.js";
import {
  type CustomFieldRepository,
  type FieldDefinition,
  type FieldValue,
  fieldAssociations,
  fieldTypes,
  type RelationTarget,
} from "./custom-field-values.model.js";

interface DefinitionRow {
  readonly code: string;
  readonly type: number;
  readonly is_required: boolean;
  readonly archived: boolean;
  readonly default_value: FieldValue | null;
  readonly options: readonly { readonly value?: { readonly string?: string } }[];
}

/** Definitions of custom fields. Every create of a customer reads them, so the lookup is prepared SQL. */
export function createCustomFieldRepository(database: Database): CustomFieldRepository {
  return {
    async definitions(companyId, association, signal) {
      const values = [companyId, fieldAssociations.numberOf(association)];
      return (await database.read<DefinitionRow>(definitions, values, signal)).map(toDefinition);
    },

    async missingRelations(accessFilter, targets, signal) {
      const rows = await database.read<MissingRow>(missingTargets, relationValues(accessFilter, targets), signal);
      return rows.map((row) => row.code);
    },
  };
}

/**
 * The same on the connection of a transaction, which observes the signal of its request. With another connection, a
 * request would wait for a second connection while it holds the first, and as many such requests as there are
 * connections would deadlock.
 */
export function customFieldsInTransaction(tx: Prisma.TransactionClient): CustomFieldRepository {
  return {
    async definitions(companyId, association) {
      const values = [companyId, fieldAssociations.numberOf(association)];
      return (await tx.$queryRawUnsafe<DefinitionRow[]>(definitions.text, ...values)).map(toDefinition);
    },

    async missingRelations(accessFilter, targets) {
      const values = relationValues(accessFilter, targets);
      const rows = await tx.$queryRawUnsafe<MissingRow[]>(missingTargets.text, ...values);
      return rows.map((row) => row.code);
    },
  };
}

interface MissingRow {
  readonly code: string;
}

function relationValues(accessFilter: AccessFilter, targets: readonly RelationTarget[]): readonly unknown[] {
  return [
    ...accessFilterValues(accessFilter),
    targets.map((target) => target.code),
    targets.map((target) => target.entity),
    targets.map((target) => target.refId ?? null),
    targets.map((target) => target.rawId?.toString() ?? null),
  ];
}

const definitions = statement(
  "custom_field.definitions",
  `SELECT code, type, is_required, archived_time IS NOT NULL AS archived, default_value, options
   FROM custom_field WHERE company_id = $1 AND association_type = $2 ORDER BY display_order, label, id`,
);

/**
 * By id or by raw id. If both are given, they must identify the same record. A promoted lead no longer counts. Records
 * that the principal cannot access (`$1` and `$2`: see db/access-filter.ts) are missing, like nonexistent ones.
 */
const missingTargets = statement(
  "custom_field.missing_targets",
  `SELECT w.code FROM unnest($3::text[], $4::text[], $5::text[], $6::bigint[]) AS w (code, entity, ref_id, raw_id)
   WHERE NOT EXISTS (SELECT 1 FROM customer c WHERE w.entity = 'CUSTOMER' AND ${singleCompanyAccessPredicate("c")}
       AND c.id = coalesce(w.ref_id, (SELECT id FROM customer WHERE company_id = ($1::text[])[1] AND raw_id = w.raw_id))
       AND c.raw_id = coalesce(w.raw_id, c.raw_id))
     AND NOT EXISTS (SELECT 1 FROM lead l WHERE w.entity = 'LEAD' AND ${singleCompanyAccessPredicate("l")}
       AND l.promoted_customer_id IS NULL
       AND l.id = coalesce(w.ref_id, (SELECT id FROM lead WHERE company_id = ($1::text[])[1] AND raw_id = w.raw_id))
       AND l.raw_id = coalesce(w.raw_id, l.raw_id))`,
);

function toDefinition(row: DefinitionRow): FieldDefinition {
  const type = fieldTypes.wordOf(row.type);
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
