import type { MessageInitShape } from "@bufbuild/protobuf";
import { toProtoDate, toTimestamp } from "../../api/google-types.js";
import { toProtoPhone } from "../../api/phone-fields.js";
import type {
  CallerMatch_PackageSchema,
  CallerMatchSchema,
  LookupCallerResponseSchema,
} from "../../gen/proto/moego/callcenter/v1/caller_lookup_service_pb.js";
import { customerStatus } from "../customers/customer.input.js";
import { petStatus, petType } from "../pets/pet.input.js";
import { kind as callerKind, status as queryStatus } from "./caller.output.js";
import type { CallerScreen, ScreenMatch, ScreenPackage, ScreenPet } from "./caller-screen.model.js";
import { callConsentOf } from "./caller-screen.service.js";

export function toProtoScreen({
  status,
  number,
  matches,
  matchCount,
}: CallerScreen): MessageInitShape<typeof LookupCallerResponseSchema> {
  return { status: queryStatus.toProto(status), number, matchCount, matches: matches.map(toProtoMatch) };
}

function toProtoMatch(match: ScreenMatch): MessageInitShape<typeof CallerMatchSchema> {
  const { kind, id, firstName, lastName, phone, matchedPhone, isMainPhone, pets, ofCustomer, ofLead } = match;
  return {
    ...{ kind: callerKind.toProto(kind), id, firstName, lastName, phone, isMainPhone },
    matchedPhone: toProtoPhone(matchedPhone),
    pets: pets.listed.map(toProtoPet),
    petCount: pets.count,
    callConsent: callConsentOf(match),
    ...(ofCustomer ? customerParts(ofCustomer) : {}),
    ...ofLead,
  };
}

function customerParts(customer: NonNullable<ScreenMatch["ofCustomer"]>) {
  const { status, vipLevel, blacklisted, packages, nextAppointmentTime } = customer;
  return {
    customerStatus: customerStatus.toProto(status),
    blacklisted,
    packages: packages.listed.map(toProtoPackage),
    packageCount: packages.count,
    ...(vipLevel ? { vipLevel } : {}),
    ...(nextAppointmentTime ? { nextAppointmentTime: toTimestamp(nextAppointmentTime) } : {}),
  };
}

function toProtoPet({ id, name, type, breed, status }: ScreenPet) {
  return { id, name, type: petType.toProto(type), breed, status: petStatus.toProto(status) };
}

function toProtoPackage(bought: ScreenPackage): MessageInitShape<typeof CallerMatch_PackageSchema> {
  const { id, name, remainingQuantity, expirationDate, startTime, endTime, items } = bought;
  return {
    ...{ id, name, remainingQuantity, expirationDate: toProtoDate(expirationDate) },
    ...(startTime ? { startTime: toTimestamp(startTime) } : {}),
    ...(endTime ? { endTime: toTimestamp(endTime) } : {}),
    items: items.map(({ services, totalQuantity, remainingQuantity: remaining }) => ({
      ...{ serviceNames: services.map((service) => service.name), totalQuantity, remainingQuantity: remaining },
    })),
  };
}
