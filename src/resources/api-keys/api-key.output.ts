import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { toTimestamp } from "../../api/google-types.js";
import {
  type KeySchema,
  OrganizationSchema,
  RestrictionsSchema,
} from "../../gen/proto/moego/auth/apikey/v1/apikey_pb.js";
import { organizationType } from "./api-key.input.js";
import type { ApiKey, Organization } from "./api-key.model.js";
import type { IssuedKey } from "./api-key.service.js";

/** A key without its secret. */
export function toProtoKey(key: ApiKey): MessageInitShape<typeof KeySchema> {
  const { expiredTime, lastUsedTime, revokedTime } = key;
  return {
    id: key.id,
    name: key.name,
    restrictions: toProtoRestrictions(key),
    createdTime: toTimestamp(key.createdTime),
    updatedTime: toTimestamp(key.updatedTime),
    ...(expiredTime ? { expiredTime: toTimestamp(expiredTime) } : {}),
    staffId: key.staffId ?? "",
    ...(lastUsedTime ? { lastUsedTime: toTimestamp(lastUsedTime) } : {}),
    ...(revokedTime ? { revokedTime: toTimestamp(revokedTime) } : {}),
    hint: key.hints.at(-1) ?? "",
  };
}

/** A key with its newly generated secret. */
export function toProtoIssuedKey({ key, secret = "" }: IssuedKey): MessageInitShape<typeof KeySchema> {
  return { ...toProtoKey(key), secret };
}

function toProtoRestrictions({ scopes, allowedAddresses, organizations }: ApiKey) {
  return create(RestrictionsSchema, {
    scopes: [...scopes],
    allowedIpRanges: [...allowedAddresses],
    ...(organizations.length === 0
      ? {}
      : {
          clientRestrictions: {
            case: "organizationRestrictions",
            value: { organizations: organizations.map(toProtoOrganization) },
          },
        }),
  });
}

function toProtoOrganization(organization: Organization) {
  const companyId = organization.type === "BUSINESS" ? organization.companyId : "";
  return create(OrganizationSchema, {
    id: organization.id,
    type: organizationType.toProto(organization.type),
    companyId,
  });
}
