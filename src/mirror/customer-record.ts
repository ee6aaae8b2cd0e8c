import { defaultPreference } from "../core/preference.js";
import { type Customer, CustomerSchema } from "../gen/proto/moego/business/customer/v1/customer_pb.js";
import { customerFields } from "../resources/customers/customer.columns.js";
import { customerStatuses } from "../resources/customers/customer.model.js";
import type { MirroredRecord, MirroredRow } from "../resources/mirrors/mirror.model.js";
import {
  addressPart,
  consentOfMessage,
  externalIdPart,
  notePart,
  phonePart,
  phonesOf,
  untypedValues,
} from "./contact-rows.js";
import type { SourceRecord } from "./mirror-context.js";
import { goneTime, nulls, type Reading, stampColumns, storable, timeColumn, without } from "./mirror-context.js";
import { readMessage } from "./readable.js";

/** Columns that only this software tells. */
const ownColumns = ["assigned_staff_id", "source_lead_id"];

export interface ReadCustomer {
  readonly record: MirroredRecord;
  readonly message: Customer;
}

/** @param notes all notes of the customer, if they were read. A list has only some of them. */
export function customerRecord(json: SourceRecord, reading: Reading, notes?: Customer["notes"]): ReadCustomer {
  const { message, unreadable } = readMessage(CustomerSchema, json);
  for (const name of unreadable) reading.remark(`${name} cannot be read, and was left out`);
  const phones = phonesOf(message, reading);
  const { preference: given = defaultPreference, referralSource } = message;
  const { receiveAutoMessage, receiveAutoEmail, subscribeToMarketingEmails, receiveAppointmentReminder } = given;
  const lastAppointment = timeColumn(message.lastAppointmentDate);
  const nextAppointment = timeColumn(message.nextAppointmentDate);
  const fields = customerFields.row({
    ...{ firstName: message.firstName, lastName: message.lastName, avatar: message.avatar },
    ...{ phone: phones[0]?.number ?? "", email: message.email, source: message.source, colorCode: message.colorCode },
    status: customerStatuses.wordOf(message.status) ?? "ACTIVE",
    preference: { receiveAutoMessage, receiveAutoEmail, subscribeToMarketingEmails, receiveAppointmentReminder },
    consent: consentOfMessage(message.complianceConfig),
    customFields: untypedValues(message.customFields ?? {}, reading),
    ...(message.preferredBusinessId ? { preferredBusinessId: message.preferredBusinessId } : {}),
    ...(referralSource?.id ? { referralSourceId: referralSource.id } : {}),
    ...(message.assignedStaffId ? { assignedStaffId: message.assignedStaffId } : {}),
    ...(lastAppointment ? { lastAppointmentDate: new Date(lastAppointment) } : {}),
    ...(nextAppointment ? { nextAppointmentDate: new Date(nextAppointment) } : {}),
  });
  const stamps = stampColumns(message, reading);
  const row: MirroredRow = {
    ...{ ...nulls(customerFields.names), ...fields, ...stamps.row },
    ...(message.rawId > 0n ? { raw_id: String(message.rawId) } : {}),
    ...{ created_by: message.createdBy, last_updated_by: message.lastUpdatedBy },
    source_lead_id: message.sourceLeadId || null,
    archived_time: goneTime(message.deleted, stamps.row["last_updated_time"], reading),
  };
  const record: MirroredRecord = {
    ...{ kind: "customer", id: message.id, inserted: stamps.inserted },
    row: storable(reading.isExtended ? row : without(row, ownColumns), reading.remark),
    parts: {
      ...(reading.isExtended ? { phones: phonePart(phones), external_ids: externalIdPart(message, reading) } : {}),
      address: addressPart(message.address, message.id).map((one) => storable(one, reading.remark)),
      notes: notePart(notes ?? message.notes, "note", ({ note }) => note).map((one) => storable(one, reading.remark)),
      tags: message.tags.map(({ id }) => ({ tag_id: id })),
    },
    ...(notes ? {} : { partial: ["notes"] as const }),
    lines: { phones, email: message.email },
  };
  return { record, message };
}
