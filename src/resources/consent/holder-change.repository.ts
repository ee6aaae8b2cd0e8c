import { type Consent, consentChannels } from "../../core/consent.js";
import type { ConsentSource } from "../../core/consent-provenance.js";
import type { Withheld } from "../../core/contact-rule.js";
import type { Preference } from "../../core/preference.js";
import { actingStaffId, type WriteContext } from "../../core/write.js";
import { recordChanges, stayingAt, updatedTime } from "../../db/audit-log.js";
import { changedFields } from "../../db/changed-fields.js";
import { provenanceColumns } from "../../db/consent-entry.js";
import { Prisma } from "../../gen/prisma/client.js";

/** A customer or lead that has the line of an opt-out. */
export interface Holder {
  readonly id: string;
  readonly version: bigint;
  readonly lastUpdatedTime: Date;
  readonly preferredBusinessId?: string;
  readonly phones: readonly { readonly number: string }[];
  readonly email: string;
  readonly consent: Consent;
  /** Of customers. */
  readonly preference?: Preference;
  readonly sourceLeadId?: string;
}

export interface ChangedHolder {
  /** The state under the lock. */
  readonly former: Holder;
  readonly consent: Consent;
  /** Of customers. */
  readonly preference?: Preference | undefined;
  /** Of an opt-out. */
  readonly withheld?: Withheld | undefined;
  /** Of its consent ledger. */
  readonly lastEntry?: Date | undefined;
}

interface HolderChanges {
  readonly companyId: string;
  readonly kind: "customer" | "lead";
  readonly source: ConsentSource;
  readonly now: Date;
  readonly write: WriteContext;
  readonly changed: readonly ChangedHolder[];
}

/** Stores the new choices of locked records, each with its version, audit log entry and consent entry. */
export async function storeHolders(tx: Prisma.TransactionClient, changes: HolderChanges): Promise<void> {
  const { companyId, kind, now, write, changed } = changes;
  const rows = JSON.stringify(changed.map((one) => rowOf(one, now)));
  const author = actingStaffId(write, companyId);
  const preferences = Prisma.raw(
    kind === "customer"
      ? `, receive_auto_message = x.receive_auto_message, receive_auto_email = x.receive_auto_email,
        subscribe_to_marketing_emails = x.subscribe_to_marketing_emails`
      : "",
  );
  await tx.$executeRaw`UPDATE ${Prisma.raw(kind)} t SET service_related_channels = x.service_related_channels,
      marketing_campaigns_channels = x.marketing_campaigns_channels ${preferences},
      version = t.version + 1, last_updated_by = ${author}, last_updated_time = x.time
    FROM jsonb_to_recordset(${rows}::jsonb) AS x (id text, service_related_channels smallint[],
      marketing_campaigns_channels smallint[], receive_auto_message boolean, receive_auto_email boolean,
      subscribe_to_marketing_emails boolean, time timestamptz)
    WHERE t.company_id = ${companyId} AND t.id = x.id`;
  await recordChanges(
    tx,
    write,
    changed.map(({ former, consent, preference }) => ({
      ...{ companyId, kind, id: former.id, version: former.version + 1n, time: now },
      fields: changedFields(former, { ...former, consent, ...(preference ? { preference } : {}) }),
      location: stayingAt(former.preferredBusinessId),
    })),
  );
  await tx.consentEvent.createMany({ data: changed.map((one) => entryOf(one, changes)) });
}

function rowOf({ former, consent, preference }: ChangedHolder, now: Date) {
  return {
    id: former.id,
    service_related_channels: consent.serviceRelatedChannels.map(consentChannels.numberOf),
    marketing_campaigns_channels: consent.marketingCampaignsChannels.map(consentChannels.numberOf),
    receive_auto_message: preference?.receiveAutoMessage,
    receive_auto_email: preference?.receiveAutoEmail,
    subscribe_to_marketing_emails: preference?.subscribeToMarketingEmails,
    time: updatedTime(former, now),
  };
}

function entryOf({ former, ...choice }: ChangedHolder, { companyId, kind, source, now, write }: HolderChanges) {
  const { consent, preference, withheld, lastEntry } = choice;
  const { rpc, keyId, ip, requestId } = write;
  const time = updatedTime(former, now);
  const occurredTime = lastEntry ? updatedTime({ lastUpdatedTime: lastEntry }, time) : time;
  return {
    ...{ companyId, subjectKind: kind, subjectId: former.id, rpc, keyId, ip, requestId, occurredTime },
    ...provenanceColumns({ source }),
    ...{ givenTime: occurredTime, staffId: actingStaffId(write, companyId) },
    ...{ before: { ...former.consent }, after: { ...consent } },
    ...(former.preference ? { preferenceBefore: { ...former.preference } } : {}),
    ...(preference ? { preferenceAfter: { ...preference } } : {}),
    ...(withheld ? { withheld: { ...withheld, preferences: [...withheld.preferences] } } : {}),
  };
}
