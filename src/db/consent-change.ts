import type { Consent } from "../core/consent.js";
import type { ConsentProvenance } from "../core/consent-provenance.js";
import type { Withheld } from "../core/contact-rule.js";
import type { Preference } from "../core/preference.js";
import { timePlus } from "./audit-log.js";
import { provenanceColumns } from "./consent-entry.js";

interface LaterEntry {
  readonly before: Consent;
  readonly after: Consent;
  readonly preferenceBefore?: Preference | undefined;
  readonly preferenceAfter?: Preference | undefined;
  readonly provenance?: ConsentProvenance | undefined;
  readonly withheld?: Withheld | undefined;
}

/** JSON of the columns of `consent_event` that a change decides. */
export function laterEntryJson({ before, after, provenance, withheld, ...preference }: LaterEntry): string {
  const { source, recordedBy, givenTime, ...evidence } = provenanceColumns(provenance);
  return JSON.stringify({
    ...{ before, after, source, recorded_by: recordedBy, given_time: givenTime, withheld },
    ...{ preference_before: preference.preferenceBefore, preference_after: preference.preferenceAfter },
    evidence_reference: evidence.evidenceReference,
    evidence_wording_version: evidence.evidenceWordingVersion,
    evidence_language: evidence.evidenceLanguage,
    evidence_address: evidence.evidenceAddress,
  });
}

/**
 * The insert of the entry `:consent` of a change, if there is one. It is later than those before it. `changed` has the
 * changed row.
 */
export function insertLaterEntrySql(kind: "customer" | "lead"): string {
  return `INSERT INTO consent_event (company_id, subject_kind, subject_id, occurred_time, rpc, key_id, staff_id, ip,
      request_id, before, after, given_time, source, recorded_by, evidence_reference, evidence_wording_version,
      evidence_language, evidence_address, preference_before, preference_after, withheld)
    SELECT :companyId, '${kind}', :id, o.time, :rpc, :keyId, :author, :ip, :requestId, e.before, e.after,
      coalesce(e.given_time, o.time), e.source, e.recorded_by, e.evidence_reference, e.evidence_wording_version,
      e.evidence_language, e.evidence_address, e.preference_before, e.preference_after, e.withheld
    FROM changed, jsonb_populate_record(NULL::consent_event, :consent::jsonb) e, LATERAL (
      SELECT greatest(changed.last_updated_time, ${timePlus("max(l.occurred_time)", "1 millisecond")}) AS time
      FROM consent_event l
      WHERE l.company_id = :companyId AND l.subject_kind = '${kind}' AND l.subject_id = :id) o
    WHERE e.after IS NOT NULL RETURNING 1`;
}
