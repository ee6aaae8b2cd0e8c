import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import type { Channel, Consent } from "../../core/consent.js";
import { etagOf } from "../../core/etag.js";
import { ComplianceChannel } from "../../gen/proto/moego/business/customer/v1/compliance_pb.js";
import {
  Customer_NoteSchema,
  Customer_Status,
  type CustomerSchema,
} from "../../gen/proto/moego/business/customer/v1/customer_pb.js";
import { CustomerTagSchema } from "../../gen/proto/moego/business/setting/v1/customer_pb.js";
import { Address_Type, AddressSchema } from "../../gen/proto/moego/common/v1/address_pb.js";
import type { FieldValues, Json } from "../custom-fields/custom-field-values.service.js";
import type { Tag } from "../setting-lists/tag.model.js";
import type { Address, Customer, Note } from "./customer.model.js";

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

export function toProtoTag({ id, name, group, archived, lastUpdatedBy, lastUpdatedTime }: Tag) {
  const time = timestampFromDate(lastUpdatedTime);
  return create(CustomerTagSchema, { id, name, group, archived, lastUpdatedBy, lastUpdatedTime: time });
}

export function toProtoAddress({ type, coordinate, ...lines }: Address) {
  return create(AddressSchema, { ...lines, type: Address_Type[type], ...(coordinate ? { coordinate } : {}) });
}

export function toProtoConsent({ serviceRelatedChannels, marketingCampaignsChannels, ...flags }: Consent) {
  return {
    ...flags,
    serviceRelatedChannels: serviceRelatedChannels.map(toProtoChannel),
    marketingCampaignsChannels: marketingCampaignsChannels.map(toProtoChannel),
  };
}

function toProtoChannel(channel: Channel): ComplianceChannel {
  return ComplianceChannel[channel];
}

/** A google.protobuf.Struct of the values, each in its proto JSON form. */
function toStruct(values: FieldValues): { [key: string]: MutableJson } {
  return Object.fromEntries(Object.entries(values).map(([code, value]) => [code, cloneJson(value)]));
}

type MutableJson = null | boolean | number | string | MutableJson[] | { [key: string]: MutableJson };

/** JSON as protobuf-es takes it. */
export function cloneJson(json: Json): MutableJson {
  if (Array.isArray(json)) return json.map(cloneJson);
  if (typeof json === "object" && json !== null) {
    return Object.fromEntries(Object.entries(json).map(([key, value]) => [key, cloneJson(value)]));
  }
  return isScalar(json) ? json : null;
}

function isScalar(json: Json): json is null | boolean | number | string {
  return typeof json !== "object" || json === null;
}
