import { z } from "zod";
import { address as anyAddress } from "../../api/address-fields.js";
import {
  companyResourceSchema,
  email,
  httpsUrl,
  id,
  memoizePerCountry,
  notSetAndCleared,
  omitUndefined,
  optionalClientId,
  optionalId,
  optionalPhone,
  text,
} from "../../api/fields.js";
import { moment } from "../../api/google-types.js";
import { customIssue } from "../../api/parse.js";
import { nameRule } from "../../core/text.js";
import type { CompanyChange } from "./directory-admin.model.js";
import { countryFormat, isCountry, isTimeZone, timeZoneFormat } from "./directory-fields.model.js";

const name = text(nameRule);
/** A URL or an account name at another provider. */
const link = text({ min: 0, max: 2_048 });

const country = z.string().superRefine((code, context) => {
  if (code === "") context.addIssue(customIssue("REQUIRED", "Required."));
  else if (!isCountry(code)) {
    context.addIssue(customIssue("INVALID_FORMAT", countryFormat));
  }
});

const timeZone = z.string().superRefine((zone, context) => {
  if (zone === "") context.addIssue(customIssue("REQUIRED", "Required."));
  else if (!isTimeZone(zone)) {
    context.addIssue(customIssue("INVALID_FORMAT", timeZoneFormat));
  }
});

const maxCustomers = z.number().superRefine((limit, context) => {
  if (limit < 0) context.addIssue(customIssue("OUT_OF_RANGE", "Must not be negative."));
});

/** Input of CreateCompany. */
export const newCompany = z
  .object({
    ...{ id: optionalClientId, name, country, timeZone, enterpriseId: optionalId },
    ...{ maxCustomers: maxCustomers.optional(), upcomingAppointmentsUrlTemplate: httpsUrl },
  })
  .transform(
    ({ id: given, enterpriseId, maxCustomers: limit, upcomingAppointmentsUrlTemplate: template, ...same }) => ({
      ...same,
      ...idOf(given),
      ...(enterpriseId === "" ? {} : { enterpriseId }),
      ...(limit === undefined ? {} : { maxCustomers: limit }),
      ...(template === "" ? {} : { upcomingAppointmentsUrlTemplate: template }),
    }),
  );

const companyFields = z.object({
  companyId: id,
  name: name.optional(),
  country: country.optional(),
  timeZone: timeZone.optional(),
  enterpriseId: optionalId.optional(),
  maxCustomers: maxCustomers.optional(),
  clearMaxCustomers: z.boolean(),
  upcomingAppointmentsUrlTemplate: httpsUrl.optional(),
});

/** Input of UpdateCompany. */
export const companyUpdate = companyFields
  .refine(...notSetAndCleared("clearMaxCustomers", "maxCustomers"))
  .transform((request) => {
    const { companyId, clearMaxCustomers, enterpriseId, upcomingAppointmentsUrlTemplate: template, ...same } = request;
    const change: CompanyChange = {
      ...omitUndefined(same),
      ...(clearMaxCustomers ? { maxCustomers: null } : {}),
      ...(enterpriseId === undefined ? {} : { enterpriseId: orNull(enterpriseId) }),
      ...(template === undefined ? {} : { upcomingAppointmentsUrlTemplate: orNull(template) }),
    };
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

const businessLinks = {
  avatar: httpsUrl,
  website: httpsUrl,
  facebook: link,
  instagram: link,
  yelp: link,
  google: link,
};

/** Input of CreateBusiness. */
export const newBusiness = memoizePerCountry((region) =>
  z
    .object({
      ...{ companyId: id, id: optionalClientId, name, email, ...businessLinks },
      ...{ phone: optionalPhone(region), businessPhone: optionalPhone(region), address: address.optional() },
    })
    .transform(({ id: given, address: place, ...same }) => ({
      ...same,
      ...idOf(given),
      ...(place ? { address: place } : {}),
    })),
);

function businessFields(region: string) {
  return z.object({
    ...companyResourceSchema.shape,
    ...{ name: name.optional(), email: email.optional() },
    ...{ phone: optionalPhone(region).optional(), businessPhone: optionalPhone(region).optional() },
    ...{ address: address.optional(), clearAddress: z.boolean() },
    ...{ avatar: httpsUrl.optional(), website: httpsUrl.optional(), facebook: link.optional() },
    ...{ instagram: link.optional(), yelp: link.optional(), google: link.optional() },
  });
}

/** Input of UpdateBusiness. */
export const businessUpdate = memoizePerCountry((region) =>
  businessFields(region)
    .refine(...notSetAndCleared("clearAddress", "address"))
    .transform(({ companyId, id: target, clearAddress, ...same }) => ({
      target: { companyId, id: target },
      change: { ...omitUndefined(same), ...(clearAddress ? { address: null } : {}) },
    })),
);

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

const role = z
  .object({ id, name, permissions: z.array(z.number()) })
  .superRefine(({ permissions }, context) => {
    if (permissions.length > 0) {
      context.addIssue({ ...customIssue("NOT_ALLOWED", "Must be empty."), path: ["permissions"] });
    }
  })
  .transform(({ id: roleId, name: roleName }) => ({ id: roleId, name: roleName }));

const lastName = text({ ...nameRule, min: 0 });

/** Input of CreateStaff. */
export const newStaff = memoizePerCountry((region) =>
  z
    .object({
      ...{
        companyId: id,
        id: optionalClientId,
        firstName: name,
        lastName,
        avatar: httpsUrl,
        phone: optionalPhone(region),
        email,
      },
      ...{
        role: role.optional(),
        hiredTime: moment.optional(),
        workingBusinessIds: businessIds,
        mobileVanId: optionalId,
      },
    })
    .transform(({ id: given, role: employedAs, hiredTime, ...same }) => ({
      ...same,
      ...idOf(given),
      ...(employedAs ? { role: employedAs } : {}),
      ...(hiredTime ? { hiredTime } : {}),
    })),
);

function staffFields(region: string) {
  return z.object({
    ...companyResourceSchema.shape,
    ...{ firstName: name.optional(), lastName: lastName.optional(), avatar: httpsUrl.optional() },
    ...{ phone: optionalPhone(region).optional(), email: email.optional() },
    ...{ role: role.optional(), clearRole: z.boolean() },
    ...{ hiredTime: moment.optional(), clearHiredTime: z.boolean() },
    ...{ workingBusinesses: z.object({ businessIds }).optional(), mobileVanId: optionalId.optional() },
  });
}

/** Input of UpdateStaff. */
export const staffUpdate = memoizePerCountry((region) =>
  staffFields(region)
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

function idOf(given: string): { readonly id?: string } {
  return given === "" ? {} : { id: given };
}

function orNull(given: string): string | null {
  return given === "" ? null : given;
}
