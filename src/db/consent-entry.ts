import type { Consent } from "../core/consent.js";
import { type ConsentProvenance, consentSources, noEvidence } from "../core/consent-provenance.js";
import type { Withheld } from "../core/contact-rule.js";
import type { Preference } from "../core/preference.js";

/** The columns of `consent_event` about where a consent comes from, by their names in Prisma. */
export function provenanceColumns({
  givenTime,
  source = "API",
  evidence = noEvidence,
  recordedBy = "",
}: ConsentProvenance = {}) {
  return {
    ...(givenTime ? { givenTime } : {}),
    ...{ source: consentSources.numberOf(source), recordedBy },
    evidenceReference: evidence.reference,
    evidenceWordingVersion: evidence.wordingVersion,
    evidenceLanguage: evidence.language,
    evidenceAddress: evidence.address,
  };
}

interface FirstEntry {
  readonly consent: Consent;
  /** Of a customer. */
  readonly preference?: Preference;
  readonly provenance?: ConsentProvenance;
}

/**
 * JSON of the columns of `consent_event` that the record decides, for the statements that create it.
 *
 * @param withheld what an opt-out keeps the record from permitting
 */
export function firstEntryJson({ consent, preference, provenance }: FirstEntry, withheld?: Withheld): string {
  const { source = "API", evidence = noEvidence } = provenance ?? {};
  return JSON.stringify({
    after: consent,
    preference_after: preference,
    source: consentSources.numberOf(source),
    withheld,
    evidence_reference: evidence.reference,
    evidence_wording_version: evidence.wordingVersion,
    evidence_language: evidence.language,
    evidence_address: evidence.address,
  });
}

interface FirstEntrySql {
  /** SQL of the id of the record. */
  readonly id?: string;
  /** SQL of its time. */
  readonly time?: string;
}

/**
 * The insert of the first entry of a record, with the parameters of its create statement.
 *
 * @param created alias of the created row
 */
export function insertFirstEntrySql(
  kind: "customer" | "lead",
  created: string,
  { id = ":id", time = `${created}.created_time` }: FirstEntrySql = {},
): string {
  return `INSERT INTO consent_event (company_id, subject_kind, subject_id, occurred_time, rpc, key_id, staff_id, ip,
      request_id, after, given_time, source, evidence_reference, evidence_wording_version, evidence_language,
      evidence_address, preference_after, withheld)
    SELECT :companyId, '${kind}', ${id}, ${time}, :rpc, :keyId, :author, :ip, :requestId, e.after,
      ${time}, e.source, e.evidence_reference, e.evidence_wording_version, e.evidence_language,
      e.evidence_address, e.preference_after, e.withheld
    FROM ${created}, jsonb_populate_record(NULL::consent_event, :consent::jsonb) e RETURNING 1`;
}
