import type { Duration } from "@bufbuild/protobuf/wkt";
import { z } from "zod";
import { id, optionalId } from "../../api/fields.js";
import { moment } from "../../api/google-types.js";
import { customIssue } from "../../api/parse.js";
import { protoEnum } from "../../api/proto-enum.js";
import { DomainError, invalidRequest, type Violation } from "../../core/errors.js";
import type { Principal } from "../../core/principal.js";
import { Organization_TypeSchema, type Restrictions } from "../../gen/proto/moego/auth/apikey/v1/apikey_pb.js";
import { type ApiKeyInput, type Organization, organizationTypes } from "./api-key.model.js";
import { defaultOverlapMs, maxOverlapMs } from "./api-key.service.js";

export const organizationType = protoEnum(Organization_TypeSchema, organizationTypes);

/** How long the previous secret stays valid, in milliseconds. The default is 24 hours. */
const overlap = z
  .custom<Duration>()
  .optional()
  .transform((duration, context) => {
    if (!duration) return defaultOverlapMs;
    const overlapMs = Number(duration.seconds) * 1_000 + duration.nanos / 1e6;
    if (overlapMs >= 0 && overlapMs <= maxOverlapMs && Math.abs(duration.nanos) < 1e9) return Math.trunc(overlapMs);
    context.addIssue(customIssue("OUT_OF_RANGE", "Must be from 0 to 30 days."));
    return z.NEVER;
  });

/** Input of RotateApiKey. */
export const rotation = z
  .object({ id, overlap })
  .transform((request) => ({ id: request.id, overlapMs: request.overlap }));

/** An organization. The company of a location is optional if the principal has access to exactly one. */
function organization({ companies }: Principal) {
  const [only, ...others] = companies.keys();
  const given = z.object({ id, type: organizationType.required, companyId: optionalId });
  return given.transform(({ id: organizationId, type, companyId }, context): Organization => {
    const refuse = (path: string, ...because_: Parameters<typeof customIssue>) => {
      context.addIssue({ ...customIssue(...because_), path: [path] });
      return z.NEVER;
    };
    if (type === "BUSINESS") {
      const company = companyId || (others.length === 0 ? only : undefined);
      if (company === undefined)
        return refuse(
          "companyId",
          "REQUIRED",
          "Required for a BUSINESS organization unless this API key has access to exactly one company.",
        );
      return { type, companyId: company, id: organizationId };
    }
    if (companyId !== "") return refuse("companyId", "NOT_ALLOWED", "Must be empty unless type is BUSINESS.");
    return { type, id: organizationId };
  });
}

/**
 * Input of CreateApiKey. Rules that need a lookup, or that the command line has as well, are checked by the service.
 */
export function newApiKey(principal: Principal) {
  const organizations = z.array(organization(principal));
  const restrictions = z
    .custom<Restrictions>()
    .transform(({ scopes, allowedIpRanges, clientRestrictions }, context) => {
      const allowedAddresses = allowedIpRanges;
      switch (clientRestrictions.case) {
        case undefined:
          return { scopes, allowedAddresses, organizations: [] };
        case "serverRestrictions":
          context.addIssue({
            ...customIssue("NOT_ALLOWED", "Must not be set; use allowed_ip_ranges."),
            path: ["serverRestrictions"],
          });
          return z.NEVER;
        case "organizationRestrictions": {
          const parsed = organizations.safeParse(clientRestrictions.value.organizations);
          if (parsed.success) return { scopes, allowedAddresses, organizations: parsed.data };
          for (const { path, ...issue } of parsed.error.issues) {
            context.addIssue({ ...issue, path: ["organizationRestrictions", "organizations", ...path] });
          }
          return z.NEVER;
        }
        default:
          return clientRestrictions satisfies never;
      }
    });
  return z
    .object({
      name: z.string(),
      restrictions: restrictions.optional(),
      staffId: optionalId,
      expiredTime: moment.optional(),
    })
    .transform(
      ({ name, restrictions: limits, staffId, expiredTime }): ApiKeyInput => ({
        name,
        ...(limits ?? { scopes: [], allowedAddresses: [], organizations: [] }),
        ...(staffId === "" ? {} : { staffId }),
        ...(expiredTime ? { expiredTime } : {}),
      }),
    );
}

const pathsOfContract = [
  ["scopes", "restrictions.scopes"],
  ["allowed_addresses", "restrictions.allowed_ip_ranges"],
  ["organizations", "restrictions.organization_restrictions.organizations"],
] as const;

/** Converts the paths of violations to those of the request, which nests the restrictions in a message. */
export function toRequestPaths(error: unknown): unknown {
  if (!(error instanceof DomainError) || error.reason !== "INVALID_REQUEST") return error;
  return invalidRequest((error.details.violations ?? []).map(toContract));
}

function toContract(violation: Violation): Violation {
  const [ours, theirs] = pathsOfContract.find(([name]) => violation.field.startsWith(name)) ?? ["", ""];
  return { ...violation, field: theirs + violation.field.slice(ours.length) };
}
