import type { AccessFilter } from "../../core/access.js";
import { accessFilterValues, singleCompanyAccessPredicate } from "../../db/access-filter.js";
import { timestamp } from "../../db/audit-log.js";
import type { LimitedDatabase } from "../../db/company-records.js";
import type { Database } from "../../db/database.js";
import { countedBy } from "../../db/growth.js";
import { statement } from "../../db/statement.js";
import { Prisma } from "../../gen/prisma/client.js";
import { createSettingListRepository, type SettingTable } from "../setting-lists/setting-list.repository.js";
import {
  type DefinitionRow,
  definitionsSql,
  type FieldRow,
  toCustomField,
  toDefinition,
  toOptionJson,
} from "./custom-field.columns.js";
import {
  type CustomField,
  type CustomFieldContent,
  type CustomFieldListRepository,
  type CustomFieldRepository,
  type FieldAssociation,
  fieldAssociations,
  fieldTypes,
  type NewCustomField,
  type RelationTarget,
} from "./custom-field.model.js";

/** Definitions of custom fields. Every create of a customer reads them, so the lookup is prepared SQL. */
export function createCustomFieldRepository(database: Database): CustomFieldRepository {
  return readingBy((text, values, signal) => database.read(text, values, signal));
}

/**
 * The same on the connection of a transaction, which observes the signal of its request. With another connection, a
 * request would wait for a second connection while it holds the first, and as many such requests as there are
 * connections would deadlock.
 */
export function customFieldsInTransaction(tx: Prisma.TransactionClient): CustomFieldRepository {
  return readingBy(({ text }, values) => tx.$queryRawUnsafe(text, ...values));
}

type ReadDefinitions = { readonly [Association in FieldAssociation]?: readonly DefinitionRow[] | null };

/** The same with definitions that were read before, for the fields that the read named. */
export function customFieldsAsRead(database: Database, read: ReadDefinitions): CustomFieldRepository {
  return {
    ...createCustomFieldRepository(database),
    definitions: async ({ association }) => read[association]?.map(toDefinition) ?? [],
  };
}

function readingBy(read: Database["read"]): CustomFieldRepository {
  return {
    async definitions({ companyId, association, codes, withExpected }, signal) {
      const values = [companyId, fieldAssociations.numberOf(association), codes, withExpected];
      return (await read<DefinitionRow>(definitions, values, signal)).map(toDefinition);
    },

    async named({ companyId, association, names }, signal) {
      return read<{ id: string; code: string }>(
        namedFields,
        [companyId, fieldAssociations.numberOf(association), names],
        signal,
      );
    },

    async missingRelations(accessFilter, targets, signal) {
      const values = relationValues(accessFilter, targets);
      return (await read<{ code: string }>(missingTargets, values, signal)).map((row) => row.code);
    },
  };
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
  definitionsSql({ company: "$1", association: "$2", codes: "$3::text[]", withExpected: "$4::boolean" }),
);

const namedFields = statement(
  "custom_field.named",
  `SELECT id, code FROM custom_field
   WHERE company_id = $1 AND association_type = $2 AND (code = ANY($3::text[]) OR id = ANY($3::text[]))`,
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

/** The definitions of custom fields as lists. Each kind of record has a separate order. */
export function createCustomFieldListRepository(limited: LimitedDatabase): CustomFieldListRepository {
  return {
    maxOptions: limited.limits.ofCompany.MAX_CUSTOM_FIELD_OPTIONS,
    of: (...associations) => createSettingListRepository(limited, fieldTable(associations)),
    create: (field, write) => {
      const { association } = field.content;
      return createSettingListRepository(limited, fieldTable([association], field.content)).create(field, write);
    },
  };
}

const definitionBytes = `sum(octet_length(options::text) + octet_length(label) + octet_length(help_text)
  + coalesce(octet_length(default_value::text), 0))`;

function fieldTable(
  associations: readonly FieldAssociation[],
  fresh?: NewCustomField,
): SettingTable<FieldRow, CustomField, CustomFieldContent> {
  const numbers = associations.map(fieldAssociations.numberOf);
  return {
    kind: "custom_field",
    resource: "CustomField",
    measures: [...countedBy("MAX_CUSTOM_FIELDS"), { limit: "MAX_CUSTOM_FIELD_BYTES_IN_ALL", amount: definitionBytes }],
    maxBytes: ({ ofCompany }) => ofCompany.MAX_CUSTOM_FIELD_BYTES,
    unique: { custom_field_code_key: "code" },
    nameColumn: "label",
    listed: `company_id, id, association_type, code, label, type, is_required, default_value, options::text AS options, source,
      display_order, help_text, created_time, archived_time, last_updated_by, last_updated_time, version`,
    ...(associations.length > 0 ? { only: `association_type IN (${numbers.join(", ")})` } : {}),
    columns: ({ label, isRequired, defaultValue, options, helpText }) => ({
      label,
      is_required: isRequired,
      default_value: defaultValue ? json(defaultValue) : null,
      options: json(options.map(toOptionJson)),
      help_text: helpText,
    }),
    ...(fresh ? { namesake: () => namesakeOf(fresh) } : {}),
    created: (_, now) => ({
      created_time: timestamp(now),
      ...(fresh ? identity(fresh) : {}),
    }),
    toEntry: toCustomField,
  };
}

function namesakeOf({ association, code }: NewCustomField) {
  const type = fieldAssociations.numberOf(association);
  return { field: "code", where: Prisma.sql`association_type = ${type} AND code = ${code}` };
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

function json(value: unknown): Prisma.Sql {
  return Prisma.sql`${JSON.stringify(value)}::jsonb`;
}
