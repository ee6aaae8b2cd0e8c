import { z } from "zod";
import { addressChange, address as anyAddress, type ParsedAddress } from "../../api/address-fields.js";
import { policyOf } from "../../api/duplicate-message.js";
import { presentPartsOf } from "../../api/field-mask.js";
import {
  companyResourceSchema,
  countryOf,
  email,
  httpsUrl,
  id,
  memoizePerCountry,
  notSetAndCleared,
  omitEmpty,
  omitUndefined,
  optionalId,
  text,
} from "../../api/fields.js";
import { moment } from "../../api/google-types.js";
import { importedId, newResourceFields } from "../../api/import-fields.js";
import { customIssue } from "../../api/parse.js";
import { optionalJudgedPhone, optionalPhone } from "../../api/phone-line.js";
import type { Context, Parse } from "../../api/rpc.js";
import type { Violation } from "../../core/errors.js";
import type { EmptyMembers } from "../../core/presence.js";
import { nameRule } from "../../core/text.js";
import type { UpdateBusinessRequest } from "../../gen/proto/moego/admin/v1/business_pb.js";
import type { UpdateStaffRequest } from "../../gen/proto/moego/admin/v1/staff_pb.js";
import { AddressSchema } from "../../gen/proto/moego/common/v1/address_pb.js";
import {
  type BusinessChange,
  type CompanyChange,
  countryFormat,
  isCountry,
  isTimeZone,
  timeZoneFormat,
} from "./directory.model.js";

const name = text(nameRule);
/** A URL or an account name at another provider. */
const link = text({ min: 0, max: 2_048 });

const country = z.string().superRefine((code, context) => {
  if (code === "") context.addIssue(customIssue("REQUIRED", "Required."));
  else if (!isCountry(code)) context.addIssue(customIssue("INVALID_FORMAT", countryFormat));
});

const timeZone = z.string().superRefine((zone, context) => {
  if (zone === "") context.addIssue(customIssue("REQUIRED", "Required."));
  else if (!isTimeZone(zone)) context.addIssue(customIssue("INVALID_FORMAT", timeZoneFormat));
});

const maxCustomers = z.number().superRefine((limit, context) => {
  if (limit < 0) context.addIssue(customIssue("OUT_OF_RANGE", "Must not be negative."));
});

export const newCompany = z
  .object({
    ...{ id: importedId, name, country, timeZone, enterpriseId: optionalId },
    ...{ maxCustomers: maxCustomers.exactOptional(), upcomingAppointmentsUrlTemplate: httpsUrl },
    ...{ refuseInvalidPhones: z.boolean(), duplicatePolicy: policyOf.withDefault("WARN") },
  })
  .transform(({ enterpriseId, upcomingAppointmentsUrlTemplate: template, refuseInvalidPhones, ...same }) => ({
    ...{ ...same, refusesDoubtfulPhones: refuseInvalidPhones },
    ...(enterpriseId === "" ? {} : { enterpriseId }),
    ...(template === "" ? {} : { upcomingAppointmentsUrlTemplate: template }),
  }));

export const companyUpdate = z
  .object({
    ...{ companyId: id, name: name.exactOptional(), country: country.exactOptional() },
    ...{ timeZone: timeZone.exactOptional(), enterpriseId: optionalId.transform(orNull).exactOptional() },
    ...{ maxCustomers: maxCustomers.exactOptional(), clearMaxCustomers: z.boolean() },
    upcomingAppointmentsUrlTemplate: httpsUrl.transform(orNull).exactOptional(),
    ...{ refuseInvalidPhones: z.boolean().optional(), duplicatePolicy: policyOf.optional },
  })
  .refine(...notSetAndCleared("clearMaxCustomers", "maxCustomers"))
  .transform(({ companyId, clearMaxCustomers, refuseInvalidPhones, duplicatePolicy, ...same }) => {
    const rules = omitUndefined({ refusesDoubtfulPhones: refuseInvalidPhones, duplicatePolicy });
    const change: CompanyChange = { ...same, ...rules, ...(clearMaxCustomers ? { maxCustomers: null } : {}) };
    return { companyId, change };
  });

const address = anyAddress
  .superRefine((given, context) => {
    if (given.id !== "") {
      context.addIssue({
        ...customIssue("NOT_ALLOWED", "Must be empty; the server assigns the id of a location's address."),
        path: ["id"],
      });
    }
  })
  .transform(({ record }) => record);

/** The address in an update: it may repeat the id that the server assigned. */
function addressUpdate(given: ParsedAddress, listed: readonly string[] | undefined): BusinessChange["address"] {
  const parts = addressChange(given, listed, false);
  if (given.id !== "") return { id: given.id, parts: parts ?? {} };
  return parts === null ? null : { parts: parts ?? {} };
}

/** Input of UpdateBusiness. Lines of the address that are absent, or empty in a binary request, are unchanged. */
export function businessInput(
  request: UpdateBusinessRequest,
  { principal, emptyMembers }: Pick<Context, "principal" | "emptyMembers">,
  parse: Parse,
) {
  const listed = presentPartsOf(AddressSchema, request.address, "address", emptyMembers);
  const {
    target,
    address: given,
    clearAddress,
    texts,
  } = parse(businessUpdate(countryOf(principal, request.companyId)));
  const address = given && addressUpdate(given, listed);
  const change: BusinessChange = { ...texts, ...omitUndefined({ address: clearAddress ? null : address }) };
  return { target, change };
}

const businessLinks = {
  ...{ avatar: httpsUrl, website: httpsUrl },
  ...{ facebook: link, instagram: link, yelp: link, google: link },
};

export const newBusiness = memoizePerCountry((region) =>
  z.object({
    ...{ ...newResourceFields, name, email, ...businessLinks },
    ...{ phone: optionalPhone(region), businessPhone: optionalPhone(region), address: address.exactOptional() },
  }),
);

const businessUpdate = memoizePerCountry((region) => {
  const contact = {
    name,
    email,
    phone: optionalJudgedPhone(region),
    businessPhone: optionalJudgedPhone(region),
    address: anyAddress,
  };
  return z
    .object({
      ...{ ...companyResourceSchema.shape, ...z.object(contact).partial().shape },
      ...{ clearAddress: z.boolean(), ...z.object(businessLinks).partial().shape },
    })
    .refine(...notSetAndCleared("clearAddress", "address"))
    .transform(({ companyId, id: target, clearAddress, address: given, ...texts }) => ({
      ...{ target: { companyId, id: target }, clearAddress, address: given },
      texts: omitUndefined(texts),
    }));
});

const maxBusinesses = 100;

/** Location ids without duplicates. */
const businessIds = z.array(id).superRefine((ids, context) => {
  if (ids.length > maxBusinesses)
    context.addIssue(customIssue("TOO_MANY", `Must have at most ${maxBusinesses} locations.`));
  for (const [position, one] of ids.entries()) {
    if (ids.indexOf(one) < position) {
      context.addIssue({ ...customIssue("CONFLICT", "Must be unique in the list."), path: [position] });
    }
  }
});

const permissions = z.array(z.number()).superRefine((given, context) => {
  if (given.length > 0) context.addIssue(customIssue("NOT_ALLOWED", "Must be empty."));
});

const role = z
  .object({ id, name, permissions })
  .transform(({ id: roleId, name: roleName }) => ({ id: roleId, name: roleName }));

/** A role of which absent parts are unchanged. */
const roleUpdate = z
  .object({ id: optionalId, name: text({ ...nameRule, min: 0 }), permissions })
  .transform(({ id: roleId, name: roleName }) => omitEmpty({ id: roleId, name: roleName }));

/** Parts of a role that a JSON request has without a value. Neither can be cleared. */
function emptyRoleParts(emptyMembers: EmptyMembers | undefined): Violation[] {
  const fields = ["role.id", "role.name"].filter((field) => emptyMembers?.get(field) === "empty");
  return fields.map((field) => ({ field, reason: "REQUIRED", description: "Must not be cleared." }));
}

const lastName = text({ ...nameRule, min: 0 });

function staffTexts(phone: z.ZodType<string, string>) {
  return { firstName: name, lastName, avatar: httpsUrl, phone, email };
}

export const newStaff = memoizePerCountry((region) =>
  z.object({
    ...{ ...newResourceFields, ...staffTexts(optionalPhone(region)) },
    ...{ role: role.exactOptional(), hiredTime: moment.optional() },
    ...{ workingBusinessIds: businessIds, mobileVanId: optionalId },
  }),
);

const staffUpdate = memoizePerCountry((region) =>
  z
    .object({
      ...{ ...companyResourceSchema.shape, ...z.object(staffTexts(optionalJudgedPhone(region))).partial().shape },
      ...{ role: roleUpdate.optional(), clearRole: z.boolean() },
      ...{ hiredTime: moment.optional(), clearHiredTime: z.boolean() },
      ...{ workingBusinesses: z.object({ businessIds }).optional(), mobileVanId: optionalId.optional() },
    })
    .refine(...notSetAndCleared("clearRole", "role"))
    .refine(...notSetAndCleared("clearHiredTime", "hiredTime"))
    .transform(({ companyId, id: target, clearRole, clearHiredTime, workingBusinesses, ...same }) => ({
      target: { companyId, id: target },
      change: {
        ...omitUndefined(same),
        ...(clearRole ? { role: null } : {}),
        ...(clearHiredTime ? { hiredTime: null } : {}),
        ...(workingBusinesses ? { workingBusinessIds: workingBusinesses.businessIds } : {}),
      },
    })),
);

/** Input of UpdateStaff. */
export function staffInput(
  { companyId }: UpdateStaffRequest,
  { principal, emptyMembers }: Pick<Context, "principal" | "emptyMembers">,
  parse: Parse,
) {
  return parse(staffUpdate(countryOf(principal, companyId)), emptyRoleParts(emptyMembers));
}

function orNull(given: string): string | null {
  return given === "" ? null : given;
}
