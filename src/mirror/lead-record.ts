import { type Lead, LeadSchema } from "../gen/proto/moego/business/customer/v1/lead_pb.js";
import { leadFields } from "../resources/leads/lead.columns.js";
import type { MirroredRecord, MirroredRow } from "../resources/mirrors/mirror.model.js";
import {
  addressOf,
  consentOfMessage,
  derivedId,
  externalIdPart,
  fieldValues,
  notePart,
  phonePart,
  phonesOf,
} from "./contact-rows.js";
import type { SourceRecord } from "./mirror-context.js";
import { goneTime, nulls, type Reading, stampColumns, storable, without } from "./mirror-context.js";
import { readMessage } from "./readable.js";

/** Columns that only this software tells. */
const ownColumns = ["source", "promoted_customer_id", "created_by", "last_updated_by", "archived_time"];

export interface ReadLead {
  readonly record: MirroredRecord;
  readonly message: Lead;
}

/** @param notes all notes of the lead, if they were read. A list has only some of them. */
export function leadRecord(json: SourceRecord, reading: Reading, notes?: Lead["notes"]): ReadLead {
  const { message, unreadable } = readMessage(LeadSchema, json);
  for (const name of unreadable) reading.remark(`${name} cannot be read, and was left out`);
  const phones = phonesOf(message, reading);
  const { address, lifeCycle, actionStatus, referralSource } = message;
  const given = address && addressOf(address);
  const fields = leadFields.row({
    ...{ firstName: message.firstName, lastName: message.lastName, avatar: message.avatar },
    ...{ phone: phones[0]?.number ?? "", email: message.email, source: message.source },
    consent: consentOfMessage(message.complianceConfig),
    customFields: fieldValues(message.customFields, reading),
    ...(given ? { address: { ...given, id: given.id || derivedId(message.id, 0) } } : {}),
    ...(message.preferredBusinessId ? { preferredBusinessId: message.preferredBusinessId } : {}),
    ...(message.allocateStaffId ? { allocateStaffId: message.allocateStaffId } : {}),
    ...(lifeCycle?.id ? { lifeCycleId: lifeCycle.id } : {}),
    ...(actionStatus?.id ? { actionStatusId: actionStatus.id } : {}),
    ...(referralSource?.id ? { referralSourceId: referralSource.id } : {}),
  });
  const stamps = stampColumns(message, reading);
  const promoted = message.promotedCustomerId || null;
  const row: MirroredRow = {
    ...{ ...nulls(leadFields.names), ...fields, ...stamps.row },
    ...{ created_by: message.createdBy, last_updated_by: message.lastUpdatedBy, promoted_customer_id: promoted },
    archived_time: goneTime(message.deleted && promoted === null, stamps.row["last_updated_time"], reading),
  };
  const { isExtended, remark } = reading;
  const record: MirroredRecord = {
    ...{ kind: "lead", id: message.id, inserted: stamps.inserted },
    row: storable(isExtended ? row : without(row, ownColumns), remark),
    parts: isExtended
      ? {
          phones: phonePart(phones),
          external_ids: externalIdPart(message, reading),
          notes: notePart(notes ?? message.notes, "note", ({ note }) => note).map((one) => storable(one, remark)),
          tags: message.tags.map(({ id }) => ({ tag_id: id })),
        }
      : {},
    ...(notes ? {} : { partial: ["notes"] as const }),
    lines: { phones, email: message.email },
  };
  return { record, message };
}
