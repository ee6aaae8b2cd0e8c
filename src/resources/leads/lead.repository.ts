import type { Channel } from "../../core/consent.js";
import { consentRespectingOptOut, type Withheld } from "../../core/contact-rule.js";
import { notFoundError } from "../../core/errors.js";
import { idPrefixes, newId } from "../../core/ids.js";
import { noDuplicates } from "../../core/possible-duplicate.js";
import { assertRecordSize, mayExceed } from "../../core/record-size.js";
import { foldCase } from "../../core/text.js";
import type { WriteContext } from "../../core/write.js";
import { accessFilterValues, leadGrantPredicate, requireSingleRow } from "../../db/access-filter.js";
import { firstEntryJson, insertFirstEntrySql } from "../../db/consent-entry.js";
import { insertPhonesSql, phoneRows } from "../../db/contact-phones.js";
import { externalIdsJson, hasExternalIdSql, insertExternalIdsSql, refusingTakenIds } from "../../db/external-ids.js";
import {
  claimSql,
  createOnce,
  type RequestParameters,
  replaySql,
  requestParameters,
  type StoredResultRow,
} from "../../db/idempotent-write.js";
import { namedStatement } from "../../db/named-statement.js";
import type { ContactDatabase, OptOutKeys } from "../../db/opt-out-key.js";
import {
  meetOptOutsSql,
  type OptOutParameters,
  type OptOutRow,
  optOutColumnsSql,
  optOutParameters,
  respectingOptOuts,
} from "../../db/opt-out-list.js";
import { readOrderedList } from "../../db/ordered-list.js";
import { phoneSearch } from "../../db/phone-condition.js";
import {
  duplicateProbe,
  type ProbeParameters,
  probeParameters,
  readDuplicates,
  withSlots,
} from "../../db/possible-duplicates.js";
import { type Bind, readTimeList, type TimeList } from "../../db/record-list.js";
import { acceptedSql, canRefuse, type RefusedRow, refusingColumn, toRefusing } from "../../db/refusing-duplicates.js";
import { searchConditions } from "../../db/search-condition.js";
import { quickStatement } from "../../db/statement.js";
import type { CreatePreconditions } from "../customers/customer.model.js";
import { petFields } from "../pets/pet.columns.js";
import {
  type TagFaults,
  type TagParameters,
  tagLinks,
  tagParameters,
  toTagResolution,
} from "../setting-lists/tag-links.columns.js";
import {
  type LeadRow,
  leadChildren,
  leadColumns,
  leadFields,
  listedLeadChildren,
  listedLeadColumns,
  toLead,
  toListedLead,
} from "./lead.columns.js";
import type { Lead, LeadFilter, LeadRecord, LeadReferences, LeadRepository } from "./lead.model.js";
import { changeLead } from "./lead-change.repository.js";
import { listNotes } from "./lead-note.repository.js";
import { changeLeadNotes } from "./lead-note-change.repository.js";
import { promoteOnce } from "./lead-promotion.repository.js";

/** Leads, with hand-written SQL on the hot paths (create, get, list) and Prisma for changes. */
export function createLeadRepository(limited: ContactDatabase): LeadRepository {
  const { database, limits, optOutKeys } = limited;
  const get: LeadRepository["get"] = async ({ accessFilter, id }, signal) => {
    const rows = await database.read<LeadRow>(getStatement, [...accessFilterValues(accessFilter), id], signal);
    const row = requireSingleRow(rows, "Lead", id);
    return row && toLead(row);
  };

  const findDuplicates: LeadRepository["findDuplicates"] = async (record, view, signal) => {
    const { records, hasMore } = await readDuplicates(database, { kind: "LEAD", record, view }, signal);
    // A retry can find that the lead was promoted. Its customer does not count.
    return { records: records.filter(({ id }) => id !== record.promotedCustomerId), hasMore };
  };

  return {
    get,

    async list(query, signal) {
      const { filter, fields = [], order = "CREATED_DESC" } = query;
      const conditions = (bind: Bind) => [
        ...conditionsOf(filter, bind),
        ...searchConditions({ table: "lead", alias: "l" }, filter, fields, bind),
      ];
      const limits = { businessIds: filter.preferredBusinessIds };
      const read = { list, query, conditions, limits, ...phoneSearch("lead", "l", filter) };
      if (order === "CREATED_DESC") return readTimeList<LeadRow, Lead>(database, read, toListedLead, signal);
      return (await readOrderedList<LeadRow>(database, { ...read, order }, signal)).map(toListedLead);
    },

    change: (target, write, work) => changeLead(limited, target, write, work),
    changeNotes: (target, write, edit) => changeLeadNotes(limited, get, { target, edit, write }),
    listNotes: listNotes(database),
    promote: (target, write, decide) => promoteOnce(limited, target, write, decide),

    async create(given, admission, write) {
      const maxTags = limits.ofCompany.MAX_TAGS;
      const newLeadId = newId(idPrefixes.lead);
      const load = () => optOutKeys.load(given.companyId, write.signal);
      const { row, replayedId } = await respectingOptOuts(load, (assumed) => {
        const { choice: consent, withheld } = consentRespectingOptOut(given.consent, assumed);
        const record = { ...given, consent };
        const call = { id: newLeadId, record, withheld, assumed, admission, write, maxTags };
        const values = createLeadValues(call, optOutKeys);
        if (mayExceed(values, limits.recordBytes)) assertRecordSize({ record, limit: limits.recordBytes });
        let tagRefusals = 0;
        const created = createOnce<CreateLeadRow>(database, write, {
          ...{ resource: "Lead", statement: createLeadStatement(call), values },
          isFinal(refused) {
            // While it waited, another create may have added the same tags.
            if (refused.lacks_tag_room) tagRefusals += 1;
            return !refused.lacks_tag_room || tagRefusals > 1;
          },
        });
        return refusingTakenIds(created);
      });
      const id = replayedId ?? row.id;
      if (id === null) {
        if (row.refusing) return { kind: "duplicate", refusing: toRefusing(row.refusing) };
        if (row.lacks_tag_room) return { kind: "full", maxTags };
        const missing = { references: row.missing, petCodePaths: row.missing_code_paths };
        return { kind: "refused", missing, tags: toTagResolution(row) };
      }
      const { accessFilter, duplicates: view } = admission;
      const lead = await get({ accessFilter, id }, write.signal);
      if (!lead) throw notFoundError("Lead", id);
      const mayHave = replayedId !== undefined || row.has_duplicates;
      const duplicates = mayHave ? await findDuplicates(lead, view, write.signal) : noDuplicates;
      return { kind: "created", lead, duplicates };
    },

    findDuplicates,
  };
}

/** `$3` is the id. For `$1` and `$2` see db/access-filter.ts. */
const getStatement = quickStatement(
  "lead.get",
  `SELECT ${leadColumns}, ${leadChildren} FROM lead l
   WHERE l.company_id = ANY($1::text[]) AND l.id = $3 AND ${leadGrantPredicate("l")}`,
);

const list = {
  name: "lead.list",
  table: "lead",
  alias: "l",
  select: `${listedLeadColumns}, ${listedLeadChildren}`,
  current: "l.promoted_customer_id IS NULL AND l.archived_time IS NULL",
  large: "custom_fields",
} as const satisfies TimeList;

function conditionsOf(filter: LeadFilter, bind: Bind): string[] {
  const any = (column: string, ids: readonly string[] | undefined): string[] =>
    ids ? [`l.${column} = ANY(${bind(ids)}::text[])`] : [];
  return [
    ...(filter.lifeCycleId === undefined ? [] : [`l.life_cycle_id = ${bind(filter.lifeCycleId)}`]),
    ...(filter.actionStatusId === undefined ? [] : [`l.action_status_id = ${bind(filter.actionStatusId)}`]),
    // The second condition lets the planner use the partial index.
    ...(filter.email === undefined ? [] : [`l.email_key = ${bind(foldCase(filter.email))} AND l.email_key <> ''`]),
    ...any("preferred_business_id", filter.preferredBusinessIds),
    ...(filter.lastUpdated && filter.preferredBusinessIds ? [customerIsThere(bind(filter.preferredBusinessIds))] : []),
    ...any("allocate_staff_id", filter.allocateStaffIds),
    ...any("referral_source_id", filter.referralSourceIds),
    ...(filter.externalIds ? [hasExternalIdSql("lead", "l", bind(externalIdsJson(filter.externalIds)))] : []),
    ...(filter.tagIds
      ? [
          `EXISTS (SELECT 1 FROM lead_tag lt WHERE lt.company_id = $1 AND lt.lead_id = l.id
            AND lt.tag_id = ANY(${bind(filter.tagIds)}::text[]))`,
        ]
      : []),
  ];
}

/** A followed list has promoted leads. One whose customer is now at another location would reveal where it moved. */
function customerIsThere(businessIds: string): string {
  return `CASE WHEN l.promoted_customer_id IS NULL THEN true ELSE EXISTS (
    SELECT 1 FROM customer g WHERE g.company_id = $1 AND g.id = l.promoted_customer_id
      AND g.preferred_business_id = ANY(${businessIds}::text[])) END`;
}

/** The result of the statement. There is always exactly one row. */
interface CreateLeadRow extends StoredResultRow, TagFaults, OptOutRow, RefusedRow {
  /** Null if nothing was stored. */
  readonly id: string | null;
  /** Whether others may have its phones or its email address. */
  readonly has_duplicates: boolean;
  readonly missing: readonly (keyof LeadReferences)[];
  readonly missing_code_paths: readonly string[];
}

/**
 * Creates a lead with its notes, tags, pets and their codes, notes and vaccinations, its consent entry, audit log entry and
 * idempotency claim in one statement, which validates first and then writes (see customer.repository.ts).
 */
const createLeadText = (refuses: boolean, external: boolean) => (slots: number) =>
  namedStatement<CreateParameters>(
    "lead.create",
    `WITH ${replaySql},
missing AS MATERIALIZED (
  SELECT coalesce(array_agg(reference), '{}') AS fields FROM (
    SELECT 'preferredBusinessId' AS reference
      WHERE :businessId::text IS NOT NULL AND NOT EXISTS (SELECT 1 FROM business WHERE company_id = :companyId AND id = :businessId AND archived_time IS NULL)
    UNION ALL SELECT 'allocateStaffId'
      WHERE :staffId::text IS NOT NULL AND NOT EXISTS (SELECT 1 FROM staff WHERE company_id = :companyId AND id = :staffId AND archived_time IS NULL)
    UNION ALL SELECT 'lifeCycleId'
      WHERE :lifeCycleId::text IS NOT NULL AND NOT EXISTS (SELECT 1 FROM life_cycle WHERE company_id = :companyId AND id = :lifeCycleId AND archived_time IS NULL)
    UNION ALL SELECT 'actionStatusId'
      WHERE :actionStatusId::text IS NOT NULL AND NOT EXISTS (SELECT 1 FROM action_status WHERE company_id = :companyId AND id = :actionStatusId AND archived_time IS NULL)
    UNION ALL SELECT 'referralSourceId'
      WHERE :referralSourceId::text IS NOT NULL AND NOT EXISTS (SELECT 1 FROM referral_source WHERE company_id = :companyId AND id = :referralSourceId AND archived_time IS NULL)) m),
code AS MATERIALIZED (
  SELECT w.path, w.pet_id, w.code_id, k.id FROM unnest(:codePaths::text[], :codePetIds::text[], :codeIds::text[]) AS w (path, pet_id, code_id)
  LEFT JOIN pet_code k ON k.company_id = :companyId AND k.id = w.code_id AND k.archived_time IS NULL),
${tagLinks.wanted},
${acceptedSql(
  "lead",
  `:admit::boolean AND NOT EXISTS (SELECT 1 FROM replay) AND (SELECT cardinality(fields) = 0 FROM missing)
    AND NOT EXISTS (SELECT 1 FROM code WHERE id IS NULL) AND ${tagLinks.areValid}`,
  refuses,
)},
${meetOptOutsSql},
${tagLinks.fitting},
admitted AS MATERIALIZED (SELECT 1 FROM fitting),
${claimSql("lead")},
l AS (
  INSERT INTO lead (company_id, id, ${leadFields.names}, created_by, created_time, last_updated_by, last_updated_time)
  SELECT :companyId, :id, ${leadFields.values("r")}, :author, now, :author, now
  FROM stamp, jsonb_populate_record(NULL::lead, jsonb_build_object('life_cycle_id',
    (SELECT id FROM life_cycle WHERE company_id = :companyId AND is_default)) || :record::jsonb) r
  RETURNING id, created_time),
h AS (${insertPhonesSql("lead", "l")} RETURNING 1),
${external ? externalSql : ""}
p AS (
  INSERT INTO pet (company_id, id, lead_id, ${petFields.names}, created_by, created_time, last_updated_by, last_updated_time)
  SELECT :companyId, x.id, :id, ${petFields.values("x")}, :author, l.created_time, :author, l.created_time
  FROM l, jsonb_populate_recordset(NULL::pet, :pets::jsonb) x
  RETURNING id),
v AS (
  INSERT INTO pet_vaccination (company_id, pet_id, position, name, expired_time)
  SELECT :companyId, x.pet_id, x.position, x.name, x.expired_time
  FROM l, jsonb_to_recordset(:vaccinations::jsonb) AS x (pet_id text, position int, name text, expired_time timestamptz) RETURNING 1),
n AS (
  INSERT INTO pet_note (company_id, id, pet_id, content, created_time, last_updated_by, last_updated_time)
  SELECT :companyId, x.id, x.pet_id, x.content, l.created_time, :author, l.created_time
  FROM l, jsonb_to_recordset(:notes::jsonb) AS x (id text, pet_id text, content text) RETURNING 1),
k AS (
  INSERT INTO pet_pet_code (company_id, pet_id, pet_code_id) SELECT :companyId, code.pet_id, code.code_id FROM l, code RETURNING 1),
m AS (
  INSERT INTO lead_note (company_id, id, lead_id, note, created_time, last_updated_by, last_updated_time)
  SELECT :companyId, x.id, :id, x.note, l.created_time, :author, l.created_time
  FROM l, unnest(:leadNoteIds::text[], :leadNotes::text[]) AS x (id, note) RETURNING 1),
${tagLinks.linked("lead", "l")},
ledger AS (${insertFirstEntrySql("lead", "l")}),
changed AS (
  INSERT INTO change (company_id, kind, resource_id, version, rpc, key_id, staff_id, request_id, changed_time,
    changed_fields, location_after, client_address)
  SELECT :companyId, 'lead', :id, 1, :rpc, :keyId, :author, :requestId, l.created_time, '{}'::text[], :businessId::text, :address::text FROM l
  UNION ALL SELECT :companyId, 'pet', p.id, 1, :rpc, :keyId, :author, :requestId, l.created_time, '{}', :businessId, '' FROM l, p
  UNION ALL ${tagLinks.changes}
  RETURNING 1)
SELECT l.id,
  ${duplicateProbe(slots)} AS has_duplicates,
  ${optOutColumnsSql},
  (SELECT fingerprint FROM replay) AS replay_fingerprint,
  (SELECT presence FROM replay) AS replay_presence,
  (SELECT resource_ids FROM replay) AS replay_ids,
  (SELECT fields FROM missing) AS missing,
  ${tagLinks.faults},
  ${refusingColumn(refuses)} AS refusing,
  ARRAY(SELECT path FROM code WHERE id IS NULL ORDER BY path) AS missing_code_paths
FROM (VALUES (1)) one LEFT JOIN l ON true`,
  );

const externalSql = `x AS (${insertExternalIdsSql("lead", "l")} RETURNING 1),
px AS (
  INSERT INTO pet_external_id (company_id, pet_id, system, external_id)
  SELECT :companyId, x.pet_id, x.system, x.id
  FROM l, jsonb_to_recordset(:petExternalIds::jsonb) AS x (pet_id text, system text, id text) RETURNING 1),`;

/** As in customer.repository.ts. */
const createLeadStatements = {
  plain: { without: withSlots(createLeadText(false, false)), external: withSlots(createLeadText(false, true)) },
  refusing: { without: withSlots(createLeadText(true, false)), external: withSlots(createLeadText(true, true)) },
};

function createLeadStatement({ record, admission: { duplicates } }: Pick<CreateLeadCall, "record" | "admission">) {
  const statements = createLeadStatements[canRefuse("lead", duplicates) ? "refusing" : "plain"];
  const hasAny = [record, ...record.pets].some(({ externalIds }) => externalIds.length > 0);
  return statements[hasAny ? "external" : "without"](record);
}

interface CreateLeadCall {
  readonly id: string;
  readonly record: LeadRecord;
  readonly withheld?: Withheld | undefined;
  readonly assumed: readonly Channel[];
  readonly admission: CreatePreconditions;
  readonly write: WriteContext;
  readonly maxTags: number;
}

/** Values of the statement's parameters, in order. */
function createLeadValues(
  { id, record, withheld, assumed, admission, write, maxTags }: CreateLeadCall,
  optOutKeys: OptOutKeys,
): readonly unknown[] {
  const { admit, mayCreateTags, duplicates } = admission;
  const pets = record.pets.map((pet, position) => ({ ...pet, id: newId(idPrefixes.pet), position }));
  const codes = pets.flatMap((pet) =>
    pet.petCodeIds.map((codeId, index) => ({
      path: `pets[${pet.position}].pet_codes[${index}].id`,
      petId: pet.id,
      codeId,
    })),
  );
  return createLeadStatement({ record, admission }).values({
    id,
    businessId: record.preferredBusinessId ?? null,
    staffId: record.allocateStaffId ?? null,
    lifeCycleId: record.lifeCycleId ?? null,
    actionStatusId: record.actionStatusId ?? null,
    referralSourceId: record.referralSourceId ?? null,
    record: leadFields.json(record, {}),
    consent: firstEntryJson(record, withheld),
    phones: JSON.stringify(phoneRows(record.phones)),
    externalIds: externalIdsJson(record.externalIds),
    petExternalIds: JSON.stringify(
      pets.flatMap((pet) => pet.externalIds.map(({ system, id }) => ({ pet_id: pet.id, system, id }))),
    ),
    pets: JSON.stringify(pets.map((pet) => ({ id: pet.id, ...petFields.row(pet) }))),
    codePaths: codes.map((code) => code.path),
    codePetIds: codes.map((code) => code.petId),
    codeIds: codes.map((code) => code.codeId),
    vaccinations: JSON.stringify(
      pets.flatMap((pet) =>
        pet.vaccinations.map(({ name, expiredTime }, position) => ({
          ...{ pet_id: pet.id, position, name },
          expired_time: expiredTime ?? null,
        })),
      ),
    ),
    leadNoteIds: record.notes.map(() => newId(idPrefixes.note)),
    leadNotes: record.notes,
    ...tagParameters(record.tags, { mayCreateTags, maxTags }),
    notes: JSON.stringify(
      pets.flatMap((pet) => pet.notes.map((content) => ({ id: newId(idPrefixes.note), pet_id: pet.id, content }))),
    ),
    admit,
    ...probeParameters(record, duplicates),
    ...optOutParameters(optOutKeys, record, assumed),
    // Last, as in `toCustomer`.
    ...requestParameters(write, record.companyId),
  });
}

type CreateParameters = RequestParameters &
  OptOutParameters &
  ProbeParameters &
  TagParameters & {
    readonly id: string;
    readonly businessId: string | null;
    readonly staffId: string | null;
    readonly lifeCycleId: string | null;
    readonly actionStatusId: string | null;
    readonly referralSourceId: string | null;
    /** JSON of a row of `lead`. */
    readonly record: string;
    /** JSON of the columns of `consent_event`. */
    readonly consent: string;
    /** JSON of rows of `lead_phone`. */
    readonly phones: string;
    /** JSON of a list of `ExternalId`. */
    readonly externalIds: string;
    readonly petExternalIds: string;
    /** JSON of rows of `pet`, `pet_vaccination` and `pet_note`. */
    readonly pets: string;
    readonly vaccinations: string;
    readonly notes: string;
    readonly leadNoteIds: readonly string[];
    readonly leadNotes: readonly string[];
    readonly codePaths: readonly string[];
    readonly codePetIds: readonly string[];
    readonly codeIds: readonly string[];
    readonly admit: boolean;
  };
