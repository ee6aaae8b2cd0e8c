import type { Channel } from "../../core/consent.js";
import { respectingOptOut, type Withheld } from "../../core/contact-rule.js";
import { notFoundError } from "../../core/errors.js";
import { idPrefixes, newId } from "../../core/ids.js";
import { noDuplicates } from "../../core/possible-duplicate.js";
import { assertRecordSize, mayExceed } from "../../core/record-size.js";
import type { WriteContext } from "../../core/write.js";
import {
  accessFilterValues,
  accessPredicate,
  requireSingleRow,
  singleCompanyAccessPredicate,
} from "../../db/access-filter.js";
import { firstEntryJson, insertFirstEntrySql } from "../../db/consent-entry.js";
import { insertPhonesSql, phoneRows, phonesJson } from "../../db/contact-phones.js";
import type { Database } from "../../db/database.js";
import { externalIdsJson, insertExternalIdsSql, listedExternalIds, refusingTakenIds } from "../../db/external-ids.js";
import {
  claimSql,
  createOnce,
  type RequestParameters,
  replaySql,
  requestParameters,
  type StoredResultRow,
} from "../../db/idempotent-write.js";
import { namedStatement } from "../../db/named-statement.js";
import { addressColumns, addressJson, insertAddressesSql } from "../../db/nested-rows.js";
import type { ContactDatabase, OptOutKeys } from "../../db/opt-out-key.js";
import {
  hasUnknownOptOuts,
  meetOptOutsSql,
  type OptOutParameters,
  type OptOutRow,
  optOutColumnsSql,
  optOutParameters,
  respectingOptOuts,
} from "../../db/opt-out-list.js";
import {
  duplicateProbe,
  type ProbeParameters,
  probeParameters,
  readDuplicates,
  withSlots,
} from "../../db/possible-duplicates.js";
import { acceptedSql, canRefuse, type RefusedRow, refusingColumn, toRefusing } from "../../db/refusing-duplicates.js";
import { quickStatement } from "../../db/statement.js";
import { expectedFieldsSql } from "../custom-fields/custom-field.columns.js";
import { tagJson } from "../setting-lists/tag.repository.js";
import {
  type TagFaults,
  type TagParameters,
  tagLinks,
  tagParameters,
  toTagResolution,
} from "../setting-lists/tag-links.columns.js";
import {
  type CustomerRow,
  customerChildren,
  customerColumns,
  customerFields,
  noteJson,
  referralSourceJson,
  toCustomer,
} from "./customer.columns.js";
import {
  type CreateOutcome,
  type CreatePreconditions,
  type Customer,
  type CustomerPreconditions,
  type CustomerRecord,
  type CustomerRepository,
  type CustomerTarget,
  type MissingReferences,
  newCustomerFields,
} from "./customer.model.js";
import { findSurvivor } from "./customer-change.repository.js";
import { createCustomerList, listNotes } from "./customer-list.repository.js";
import { changeCustomerNotes } from "./customer-note.repository.js";
import { changeCustomer } from "./customer-update.repository.js";

/** Customers, with hand-written SQL on the hot paths (create, get, list) and Prisma for changes. */
export function createCustomerRepository(limited: ContactDatabase): CustomerRepository {
  const { database, limits, optOutKeys } = limited;
  const get: CustomerRepository["get"] = async ({ accessFilter, id }, signal) => {
    const text = accessFilter.companyIds.length === 1 ? getInOneCompany : getStatement;
    const rows = await database.read<CustomerRow>(text, [...accessFilterValues(accessFilter), id], signal);
    const row = requireSingleRow(rows, "Customer", id);
    return row && toCustomer(row);
  };

  const findDuplicates: CustomerRepository["findDuplicates"] = (record, view, signal) =>
    readDuplicates(database, { kind: "CUSTOMER", record, view }, signal);

  return {
    get,
    list: createCustomerList(database),
    listNotes: (target, page, signal) => listNotes(database, target, page, signal),
    change: (target, write, questions, work) => changeCustomer(limited, { target, questions, write }, work),
    changeNotes: (target, write, edit) => changeCustomerNotes(limited, get, { target, edit, write }),

    async create(given, admission, write) {
      const maxTags = limits.ofCompany.MAX_TAGS;
      const newCustomerId = newId(idPrefixes.customer);
      const load = () => optOutKeys.load(given.companyId, write.signal);
      const {
        call,
        row,
        replayedId: id,
      } = await respectingOptOuts(load, async (assumed) => {
        const { choice, withheld } = respectingOptOut(given, assumed);
        const record = { ...given, ...choice };
        const called = { id: newCustomerId, record, withheld, assumed, admission, write, maxTags };
        const values = createValues(called, optOutKeys);
        if (mayExceed(values, limits.recordBytes)) assertRecordSize({ record, limit: limits.recordBytes });
        return { call: called, ...(await refusingTakenIds(createCustomer(database, called, values))) };
      });
      if (id === undefined) {
        const outcome = outcomeOf(row, call);
        if (outcome.kind !== "created" || !row.has_duplicates) return outcome;
        return { ...outcome, duplicates: await findDuplicates(outcome.customer, admission.duplicates, write.signal) };
      }
      const target = { accessFilter: admission.accessFilter, id };
      const customer = (await get(target, write.signal)) ?? (await survivorOf(database, get, target, write.signal));
      if (!customer) throw notFoundError("Customer", id);
      return {
        kind: "created",
        customer,
        duplicates: await findDuplicates(customer, admission.duplicates, write.signal),
      };
    },

    findDuplicates,
  };
}

/** The record that a customer was merged into after an earlier request created it. */
async function survivorOf(
  database: Database,
  get: CustomerRepository["get"],
  { accessFilter, id }: CustomerTarget,
  signal: AbortSignal,
): Promise<Customer | undefined> {
  const [merge] = await database.read<{ id: string }>(findSurvivor, [accessFilter.companyIds, id], signal);
  return merge && get({ accessFilter, id: merge.id }, signal);
}

const getStatement = quickStatement("customer.get", getWhere(accessPredicate("c")));
const getInOneCompany = quickStatement("customer.get_in_one_company", getWhere(singleCompanyAccessPredicate("c")));

/** `$3` is the id. For `$1` and `$2` see db/access-filter.ts. */
function getWhere(isVisible: string): string {
  return `SELECT ${customerColumns}, ${customerChildren} FROM customer c WHERE ${isVisible} AND c.id = $3`;
}

/**
 * Reruns the statement also if its snapshot was stale: while it waited, a concurrent duplicate committed and reached
 * the customer limit (the counter is locked before the claim), or a limit was introduced.
 */
function createCustomer(database: Database, call: CreateCall, values: readonly unknown[]) {
  const { write } = call;
  let quotaRefusals = 0;
  let tagRefusals = 0;
  return createOnce<CreateRow>(database, write, {
    resource: "Customer",
    statement: createStatement(call),
    values,
    isFinal(row) {
      if (row.expects_fields || hasUnknownOptOuts(row, call.assumed) || row.refusing) return true;
      if (row.lacks_tag_room) {
        // While it waited, another create may have added the same tags.
        tagRefusals += 1;
        return tagRefusals > 1;
      }
      if (!isQuotaRefusal(row, call)) return true;
      quotaRefusals += 1;
      return row.counted && (quotaRefusals > 1 || !write.claim);
    },
  });
}

function isCreated(row: CreateRow): row is CreateRow & CustomerRow {
  return row.id !== null;
}

function isQuotaRefusal(row: CreateRow, call: CreateCall): boolean {
  return row.id === null && row.replay_ids === null && !isRefused(row, call.admission);
}

function isRefused(row: CreateRow, { admit }: CreatePreconditions): boolean {
  const faults = [row.missing, row.unknown_tags, row.archived_tags, row.forbidden_tags];
  return !admit || faults.some((list) => list.length > 0);
}

function outcomeOf(row: CreateRow, { admission, maxTags }: CreateCall): CreateOutcome {
  if (isCreated(row)) return { kind: "created", customer: toCustomer(row), duplicates: noDuplicates };
  if (row.expects_fields) return { kind: "expectsFields" };
  if (isRefused(row, admission)) {
    return { kind: "refused", missing: row.missing, tags: toTagResolution(row) };
  }
  if (row.refusing) return { kind: "duplicate", refusing: toRefusing(row.refusing) };
  if (row.lacks_tag_room) return { kind: "full", maxTags };
  if (row.max_customers === null) throw new Error("create statement stored nothing and returned no reason");
  return { kind: "quota", limit: row.max_customers };
}

type WithoutId = { readonly [Name in keyof CustomerRow]: Name extends "id" ? string | null : CustomerRow[Name] };

/** The result of the statement. There is always exactly one row. */
interface CreateRow extends StoredResultRow, TagFaults, WithoutId, OptOutRow, RefusedRow {
  /** Null if nothing was stored. */
  readonly id: string | null;
  /** Whether others may have its phones or its email address. */
  readonly has_duplicates: boolean;
  readonly missing: MissingReferences;
  readonly expects_fields: boolean;
  readonly max_customers: number | null;
  /** False if a limit was introduced while the statement waited. It must then be executed again. */
  readonly counted: boolean;
}

/**
 * Creates a customer with its children, consent entry, audit log entry, customer count and idempotency claim in one
 * statement (measured in docs/measurements.md). Validates first, then writes: `valid` is empty for a replay and for
 * invalid references, `fitting` also if the limit of tags is reached, `admitted` if the customer limit is, and every
 * insert selects from `admitted`.
 *
 * Without a customer limit, the company row is locked FOR KEY SHARE. This excludes a transaction that introduces a
 * limit (customer-limit.repository.ts), but not other creates. Only a create of tags takes the stronger lock of
 * `tag_room` (the migration tag_room), so that the number of tags is exact. The claim is a plain insert: a concurrent duplicate
 * waits on its index and fails with 23505, which rolls the statement back. With ON CONFLICT it would continue and count
 * the customer twice. The lock order is company, counter, claim, tags (sorted), so concurrent creates cannot deadlock.
 */
const createText = (refuses: boolean, external: boolean) => (slots: number) =>
  namedStatement<CreateParameters>(
    "customer.create",
    `WITH ${replaySql},
${tagLinks.wanted},
missing AS MATERIALIZED (
  SELECT coalesce(array_agg(reference), '{}') AS fields FROM (
    SELECT 'preferredBusinessId' AS reference
      WHERE NOT EXISTS (SELECT 1 FROM business WHERE company_id = :companyId AND id = :businessId AND archived_time IS NULL)
    UNION ALL SELECT 'referralSourceId'
      WHERE :referralSourceId::text IS NOT NULL AND NOT EXISTS (SELECT 1 FROM referral_source WHERE company_id = :companyId AND id = :referralSourceId AND archived_time IS NULL)
    UNION ALL SELECT 'assignedStaffId'
      WHERE :staffId::text IS NOT NULL AND NOT EXISTS (SELECT 1 FROM staff WHERE company_id = :companyId AND id = :staffId AND archived_time IS NULL)) m),
${expectedFieldsSql("CUSTOMER")},
${acceptedSql(
  "customer",
  `:admit::boolean AND NOT EXISTS (SELECT 1 FROM replay) AND NOT EXISTS (SELECT 1 FROM expected)
    AND (SELECT cardinality(fields) = 0 FROM missing)
    AND ${tagLinks.areValid}`,
  refuses,
)},
${meetOptOutsSql},
owner AS MATERIALIZED (SELECT max_customers, upcoming_appointments_url_template FROM company WHERE id = :companyId FOR KEY SHARE),
${tagLinks.fitting},
quota AS (
  UPDATE company_customer_count SET customers = customers + 1
  WHERE company_id = :companyId AND EXISTS (SELECT 1 FROM fitting) AND customers < (SELECT max_customers FROM owner) RETURNING 1),
admitted AS MATERIALIZED (
  SELECT 1 FROM owner WHERE max_customers IS NULL AND EXISTS (SELECT 1 FROM fitting) UNION ALL SELECT 1 FROM quota),
${claimSql("customer")},
c AS (
  INSERT INTO customer (company_id, id, ${customerFields.names}, created_by, created_time, last_updated_by, last_updated_time)
  SELECT :companyId, :id, ${customerFields.values("r")}, :author, now, :author, now
  FROM stamp, jsonb_populate_record(NULL::customer, :record::jsonb) r
  RETURNING *),
a AS (${insertAddressesSql("c")} RETURNING *),
p AS (${insertPhonesSql("customer", "c")} RETURNING *),
${external ? `x AS (${insertExternalIdsSql("customer", "c")} RETURNING *),` : ""}
n AS (
  INSERT INTO customer_note (company_id, id, customer_id, note, created_time, last_updated_by, last_updated_time)
  SELECT :companyId, x.id, :id, x.note, c.created_time, :author, c.created_time FROM c, unnest(:noteIds::text[], :notes::text[]) AS x (id, note)
  RETURNING *),
${tagLinks.linked("customer", "c")},
ledger AS (${insertFirstEntrySql("customer", "c")}),
changed AS (
  INSERT INTO change (company_id, kind, resource_id, version, rpc, key_id, staff_id, request_id, changed_time,
    changed_fields, location_after, client_address)
  SELECT :companyId, 'customer', :id, 1, :rpc, :keyId, :author, :requestId, c.created_time, '{}'::text[], :businessId::text, :address::text FROM c
  UNION ALL ${tagLinks.changes}
  RETURNING 1)
SELECT ${customerColumns},
  (SELECT ${phonesJson} FROM p) AS phones,
  ${external ? `(SELECT ${listedExternalIds} FROM x) AS external_ids,` : ""}
  (SELECT json_agg(${addressJson} ORDER BY a.type, a.id) FROM a) AS addresses,
  (SELECT json_agg(json ORDER BY display_order, name, id) FROM (
    SELECT ${tagJson} AS json, t.display_order, t.name, t.id FROM tag t
      WHERE t.company_id = :companyId AND t.id = ANY (ARRAY(SELECT id FROM wanted))
    UNION ALL SELECT ${tagJson}, t.display_order, t.name, t.id FROM created_tag t) x) AS tags,
  (SELECT json_agg(${noteJson} ORDER BY n.id DESC) FROM n) AS notes,
  (SELECT ${referralSourceJson} FROM referral_source r
    WHERE r.company_id = :companyId AND r.id = :referralSourceId) AS referral_source,
  (SELECT upcoming_appointments_url_template FROM owner) AS url_template,
  ${duplicateProbe(slots)} AS has_duplicates,
  (SELECT fingerprint FROM replay) AS replay_fingerprint,
  (SELECT presence FROM replay) AS replay_presence,
  (SELECT resource_ids FROM replay) AS replay_ids,
  (SELECT fields FROM missing) AS missing,
  EXISTS (SELECT 1 FROM expected) AND NOT EXISTS (SELECT 1 FROM replay) AS expects_fields,
  ${tagLinks.faults},
  ${optOutColumnsSql},
  ${refusingColumn(refuses)} AS refusing,
  (SELECT max_customers FROM owner) AS max_customers,
  EXISTS (SELECT 1 FROM company_customer_count WHERE company_id = :companyId) AS counted
FROM (VALUES (1)) one LEFT JOIN c ON true`,
  );

/** Few records have external ids, so the others do not pay for them. */
const createStatements = {
  plain: { without: withSlots(createText(false, false)), external: withSlots(createText(false, true)) },
  refusing: { without: withSlots(createText(true, false)), external: withSlots(createText(true, true)) },
};

function createStatement({ record, admission: { duplicates } }: Pick<CreateCall, "record" | "admission">) {
  const statements = createStatements[canRefuse("customer", duplicates) ? "refusing" : "plain"];
  return statements[record.externalIds.length > 0 ? "external" : "without"](record);
}

interface CreateCall {
  readonly id: string;
  readonly record: CustomerRecord;
  /** What the record does not permit because of the assumed opt-outs. */
  readonly withheld?: Withheld | undefined;
  readonly assumed: readonly Channel[];
  readonly admission: CustomerPreconditions;
  readonly write: WriteContext;
  readonly maxTags: number;
}

/** Values of the statement's parameters, in order. */
function createValues(
  { id, record, withheld, assumed, admission, write, maxTags }: CreateCall,
  optOutKeys: OptOutKeys,
): readonly unknown[] {
  return createStatement({ record, admission }).valuesOf([
    {
      id,
      businessId: record.preferredBusinessId,
      referralSourceId: record.referralSourceId ?? null,
      staffId: record.assignedStaffId ?? null,
      record: customerFields.json(record, newCustomerFields),
      phones: JSON.stringify(phoneRows(record.phones)),
      addresses: JSON.stringify(record.address ? [addressColumns(record.address)] : []),
      noteIds: record.notes.map(() => newId(idPrefixes.note)),
      notes: record.notes,
      externalIds: externalIdsJson(record.externalIds),
      consent: firstEntryJson(record, withheld),
      admit: admission.admit,
      assumesNoFields: admission.assumesNoFields,
    },
    tagParameters(record.tags, { mayCreateTags: admission.mayCreateTags, maxTags }),
    probeParameters(record, admission.duplicates),
    optOutParameters(optOutKeys, record, assumed),
    requestParameters(write, record.companyId),
  ]);
}

type CreateParameters = RequestParameters &
  OptOutParameters &
  ProbeParameters &
  TagParameters & {
    readonly id: string;
    readonly businessId: string;
    readonly referralSourceId: string | null;
    readonly staffId: string | null;
    /** JSON of a row of `customer`. */
    readonly record: string;
    /** JSON of rows of `customer_phone`. */
    readonly phones: string;
    /** JSON of rows of `customer_address`. */
    readonly addresses: string;
    readonly noteIds: readonly string[];
    readonly notes: readonly string[];
    /** JSON of a list of `ExternalId`. */
    readonly externalIds: string;
    /** JSON of the columns of `consent_event`. */
    readonly consent: string;
    readonly admit: boolean;
    readonly assumesNoFields: boolean;
  };
