import { BusinessSchema } from "../gen/proto/moego/business/business/v1/business_pb.js";
import { StaffSchema } from "../gen/proto/moego/business/staff/v1/staff_pb.js";
import type { MirroredRecord } from "../resources/mirrors/mirror.model.js";
import { addressOf, derivedId } from "./contact-rows.js";
import { goneTime, type Reading, readNumber, type SourceRecord, storable, timeColumn } from "./mirror-context.js";
import { readMessage } from "./readable.js";

export function businessRecord(json: SourceRecord, reading: Reading, isArchived: boolean): MirroredRecord {
  const { message, unreadable } = readMessage(BusinessSchema, json);
  for (const name of unreadable) reading.remark(`${name} cannot be read, and was left out`);
  const { id, name, avatar, email, website, facebook, instagram, yelp, google } = message;
  const address = message.address && addressOf(message.address);
  const row = {
    ...{ name, avatar, email, website, facebook, instagram, yelp, google },
    phone: readNumber(message.phone, reading, "phone").number,
    business_phone: readNumber(message.businessPhone, reading, "business_phone").number,
    address: address ? { ...address, id: address.id || derivedId(id, 0) } : null,
    archived_time: goneTime(isArchived, undefined, reading),
  };
  return { kind: "business", id, row: storable(row, reading.remark), parts: {} };
}

export function staffRecord(json: SourceRecord, reading: Reading): MirroredRecord {
  const { message, unreadable } = readMessage(StaffSchema, json);
  for (const name of unreadable) reading.remark(`${name} cannot be read, and was left out`);
  const { id, firstName, lastName, avatar, email, role, hiredTime, workingBusinessIds, mobileVanId, deleted } = message;
  const row = {
    ...{ first_name: firstName, last_name: lastName, avatar, email },
    phone: readNumber(message.phone, reading, "phone").number,
    ...{ role_id: role?.id || null, role_name: role?.name ?? "", hired_time: timeColumn(hiredTime) ?? null },
    ...{ working_business_ids: workingBusinessIds, mobile_van_id: mobileVanId },
    archived_time: goneTime(deleted, undefined, reading),
  };
  return { kind: "staff", id, row: storable(row, reading.remark), parts: {} };
}
