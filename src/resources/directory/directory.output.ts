import { toProtoAddress } from "../../api/address-fields.js";
import { policyOf } from "../../api/duplicate-message.js";
import { toTimestamp } from "../../api/google-types.js";
import type { Business, Company, Staff } from "./directory.model.js";

export function toProtoCompany(company: Company) {
  const { timeZone, refusesDoubtfulPhones: refuseInvalidPhones, duplicatePolicy: policy, ...same } = company;
  return { ...same, refuseInvalidPhones, duplicatePolicy: policyOf.toProto(policy), timezone: { id: timeZone } };
}

export function toProtoBusiness({ address, ...same }: Business) {
  return { ...same, ...(address ? { address: toProtoAddress(address) } : {}) };
}

export function toProtoStaff({ hiredTime, archived, role, workingBusinessIds, ...same }: Staff) {
  return {
    ...same,
    deleted: archived,
    workingBusinessIds: [...workingBusinessIds],
    ...(role ? { role } : {}),
    ...(hiredTime ? { hiredTime: toTimestamp(hiredTime) } : {}),
  };
}
