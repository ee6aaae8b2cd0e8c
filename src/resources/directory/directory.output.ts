import { toProtoAddress } from "../../api/address-fields.js";
import { toTimestamp } from "../../api/google-types.js";
import type { Business, Company, Staff } from "./directory.model.js";

export function toProtoCompany({ timeZone, refusesDoubtfulPhones: refuseInvalidPhones, ...same }: Company) {
  return { ...same, refuseInvalidPhones, timezone: { id: timeZone } };
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
