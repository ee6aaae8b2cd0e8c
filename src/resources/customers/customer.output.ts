import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import { toProtoAddress } from "../../api/address-fields.js";
import { toProtoConsent } from "../../api/consent-message.js";
import { duplicatesField } from "../../api/duplicate-message.js";
import { toProtoPhone } from "../../api/phone-fields.js";
import type { DeletedNote, Note } from "../../core/note.js";
import { etagOf } from "../../core/write.js";
import { Customer_NoteSchema, type CustomerSchema } from "../../gen/proto/moego/business/customer/v1/customer_pb.js";
import { toStruct } from "../custom-fields/custom-field.output.js";
import { toProtoLeadSummary } from "../leads/lead-history.output.js";
import { toProtoTag } from "../setting-lists/setting.output.js";
import { customerStatus } from "./customer.input.js";
import type { CreatedCustomer, Customer } from "./customer.model.js";

export function toProtoCustomer(customer: Customer): MessageInitShape<typeof CustomerSchema> {
  // One rest, spread last: as in `toCustomer`.
  const {
    addresses,
    phones,
    status,
    consent,
    customFields,
    archived,
    notes,
    tags,
    createdTime,
    lastUpdatedTime,
    lastAppointmentDate,
    nextAppointmentDate,
    leadSummary,
    ...same
  } = customer;
  return {
    address: addresses.map(toProtoAddress),
    phones: phones.map(toProtoPhone),
    status: customerStatus.toProto(status),
    ...(lastAppointmentDate ? { lastAppointmentDate: timestampFromDate(lastAppointmentDate) } : {}),
    ...(nextAppointmentDate ? { nextAppointmentDate: timestampFromDate(nextAppointmentDate) } : {}),
    createdTime: timestampFromDate(createdTime),
    lastUpdatedTime: timestampFromDate(lastUpdatedTime),
    notes: notes.map(toProtoNote),
    tags: tags.map(toProtoTag),
    deleted: archived,
    complianceConfig: toProtoConsent(consent),
    ...(Object.keys(customFields).length === 0 ? {} : { customFields: toStruct(customFields) }),
    etag: etagOf(customer),
    ...(leadSummary ? { leadSummary: toProtoLeadSummary(leadSummary) } : {}),
    ...same,
  };
}

export function toProtoCreated({ customer, duplicates }: CreatedCustomer): MessageInitShape<typeof CustomerSchema> {
  return { ...duplicatesField(duplicates), ...toProtoCustomer(customer) };
}

export function toProtoNote(stored: Note | DeletedNote) {
  if (!("note" in stored)) return create(Customer_NoteSchema, stored);
  const { id, note, lastUpdatedBy, lastUpdatedTime } = stored;
  return create(Customer_NoteSchema, { id, note, lastUpdatedBy, lastUpdatedTime: timestampFromDate(lastUpdatedTime) });
}
