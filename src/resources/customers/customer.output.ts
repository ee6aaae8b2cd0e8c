import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import { toProtoAddress } from "../../api/address-fields.js";
import { toProtoConsent } from "../../api/consent-message.js";
import { etagOf } from "../../core/etag.js";
import type { Note } from "../../core/note.js";
import {
  Customer_NoteSchema,
  Customer_Status,
  type CustomerSchema,
} from "../../gen/proto/moego/business/customer/v1/customer_pb.js";
import { toStruct } from "../custom-fields/custom-field-values.output.js";
import { toProtoTag } from "../setting-lists/tag.output.js";
import type { Customer } from "./customer.model.js";

export function toProtoCustomer(customer: Customer): MessageInitShape<typeof CustomerSchema> {
  const { lastAppointmentTime, nextAppointmentTime, referralSource } = customer;
  return {
    id: customer.id,
    rawId: customer.rawId,
    companyId: customer.companyId,
    firstName: customer.firstName,
    lastName: customer.lastName,
    avatar: customer.avatar,
    phone: customer.phone,
    email: customer.email,
    address: customer.addresses.map(toProtoAddress),
    status: Customer_Status[customer.status],
    colorCode: customer.colorCode,
    source: customer.source,
    ...(lastAppointmentTime ? { lastAppointmentDate: timestampFromDate(lastAppointmentTime) } : {}),
    ...(nextAppointmentTime ? { nextAppointmentDate: timestampFromDate(nextAppointmentTime) } : {}),
    createdBy: customer.createdBy,
    createdTime: timestampFromDate(customer.createdTime),
    lastUpdatedBy: customer.lastUpdatedBy,
    lastUpdatedTime: timestampFromDate(customer.lastUpdatedTime),
    preferredBusinessId: customer.preferredBusinessId ?? "",
    notes: customer.notes.map(toProtoNote),
    tags: customer.tags.map(toProtoTag),
    ...(referralSource ? { referralSource } : {}),
    preference: customer.preference,
    upcomingAppointmentsUrl: customer.upcomingAppointmentsUrl,
    deleted: customer.archived,
    complianceConfig: toProtoConsent(customer.consent),
    ...(Object.keys(customer.customFields).length === 0 ? {} : { customFields: toStruct(customer.customFields) }),
    sourceLeadId: customer.sourceLeadId ?? "",
    assignedStaffId: customer.assignedStaffId ?? "",
    etag: etagOf(customer),
  };
}

export function toProtoNote({ id, note, lastUpdatedBy, lastUpdatedTime }: Note) {
  return create(Customer_NoteSchema, { id, note, lastUpdatedBy, lastUpdatedTime: timestampFromDate(lastUpdatedTime) });
}
