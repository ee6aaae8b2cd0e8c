/** The order of `consent_event AS e` by which the last entry of a subject decides. */
export const newestFirst = "ORDER BY e.occurred_time DESC, e.id DESC";

/** When the consent of `consent_event AS e` was given. Unknown in entries of builds that did not record it. */
export const effectiveTime = "coalesce(e.given_time, e.occurred_time)";

interface SubjectSql {
  readonly companyId: string;
  readonly kind: "customer" | "lead";
  readonly id: string;
}

/**
 * The consent that is effective now, as JSON. NULL before the first entry. The last entry is used whatever the clock
 * says: if the clock is set back, an older consent must not become effective again.
 */
export function currentConsent({ companyId, kind, id }: SubjectSql): string {
  return `(SELECT e.after FROM consent_event e
    WHERE e.company_id = ${companyId} AND e.subject_kind = '${kind}' AND e.subject_id = ${id} ${newestFirst} LIMIT 1)`;
}

/** The preference of a row of `customer`, as JSON. */
export function preferenceJson(alias: string): string {
  return `json_build_object('receiveAutoMessage', ${alias}.receive_auto_message,
    'receiveAutoEmail', ${alias}.receive_auto_email, 'subscribeToMarketingEmails', ${alias}.subscribe_to_marketing_emails,
    'receiveAppointmentReminder', ${alias}.receive_appointment_reminder)`;
}
