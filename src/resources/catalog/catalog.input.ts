import { z } from "zod";
import { companyResourceSchema, fieldRule, id, list, maxFilterValues, omitUndefined, text } from "../../api/fields.js";
import { price } from "../../api/google-types.js";
import { importedId } from "../../api/import-fields.js";
import { pagination } from "../../api/page-token.js";
import { customIssue } from "../../api/parse.js";
import { protoEnum } from "../../api/proto-enum.js";
import type { Context, Parse } from "../../api/rpc.js";
import { nameRule } from "../../core/text.js";
import {
  ServiceItemTypeSchema,
  ServiceTypeSchema,
  type UpdateServiceRequest,
} from "../../gen/proto/moego/business/setting/v1/service_pb.js";
import { type Availability, serviceItemTypes, serviceTypes } from "./catalog.model.js";

const maxBusinesses = 100;
const maxStaff = 500;
const maxMinutes = 100_000;

export const serviceItemType = protoEnum(ServiceItemTypeSchema, serviceItemTypes);
export const serviceType = protoEnum(ServiceTypeSchema, serviceTypes);

const minutes = z.number().superRefine((value, context) => {
  if (value < 0 || value > maxMinutes)
    context.addIssue(customIssue("OUT_OF_RANGE", "Must be from 0 to 100,000 minutes."));
});

const category = text({ ...nameRule, min: 0 });

const offer = {
  businessIds: list(id, maxBusinesses),
  availableBusinessIds: list(id, maxBusinesses),
  availableStaffIds: list(id, maxStaff),
};

interface OfferMessage {
  readonly businessIds: string[];
  readonly availableBusinessIds: string[];
  readonly availableStaffIds: string[];
  readonly availableAllBusiness?: boolean | undefined;
  readonly availableAllStaff?: boolean | undefined;
}

/** A list excludes "all", for locations and for staff. Fields with other violations are undefined here. */
const offerRules = [
  fieldRule<Partial<OfferMessage>>((message) => placesOf(message).size <= maxBusinesses, {
    ...{ path: "availableBusinessIds", reason: "TOO_MANY", message: `Must have at most ${maxBusinesses} locations.` },
  }),
  fieldRule<Partial<OfferMessage>>((message) => !message.availableAllBusiness || placesOf(message).size === 0, {
    ...{ path: "availableAllBusiness", reason: "CONFLICT", message: "Must be false when locations are listed." },
  }),
  fieldRule<Partial<OfferMessage>>((message) => !message.availableAllStaff || !message.availableStaffIds?.length, {
    ...{ path: "availableAllStaff", reason: "CONFLICT", message: "Must be false when staff members are listed." },
  }),
] as const;

function placesOf({ businessIds = [], availableBusinessIds = [] }: Partial<OfferMessage>): ReadonlySet<string> {
  return new Set([...businessIds, ...availableBusinessIds]);
}

function toOffer(message: OfferMessage): Availability {
  const { businessIds, availableBusinessIds, availableStaffIds: staffIds } = message;
  const all = omitUndefined({
    atAllBusinesses: message.availableAllBusiness,
    byAllStaff: message.availableAllStaff,
  });
  return { businessIds, availableBusinessIds, staffIds, ...all };
}

export const serviceQuery = z
  .object({
    companyId: id,
    pagination,
    businessIds: list(id, maxFilterValues),
    filter: z.object({ itemTypes: z.array(serviceItemType.item) }).optional(),
    showArchived: z.boolean(),
  })
  .transform(({ companyId, businessIds, filter, showArchived }) => ({
    ...{ companyId, businessIds, showArchived },
    itemTypes: [...new Set(filter?.itemTypes)],
  }));

export const newService = z
  .object({
    companyId: id,
    name: text(nameRule),
    serviceItemType: serviceItemType.required,
    price: price.optional(),
    serviceType: serviceType.required,
    serviceTime: minutes,
    availableAllBusiness: z.boolean(),
    availableAllStaff: z.boolean(),
    id: importedId,
    category,
    ...offer,
  })
  .refine(...offerRules[0])
  .refine(...offerRules[1])
  .refine(...offerRules[2])
  .transform((message) => ({
    ...{ companyId: message.companyId, name: message.name, minutes: message.serviceTime },
    ...{ itemType: message.serviceItemType, type: message.serviceType, category: message.category },
    id: message.id,
    ...(message.price ? { price: message.price } : {}),
    offer: toOffer(message),
  }));

const serviceUpdate = z
  .object({
    ...companyResourceSchema.shape,
    name: text(nameRule).optional(),
    price: price.optional(),
    serviceTime: minutes.optional(),
    availableAllBusiness: z.boolean().optional(),
    availableAllStaff: z.boolean().optional(),
    inactive: z.boolean().optional(),
    category: category.optional(),
    ...offer,
  })
  .refine(...offerRules[0])
  .refine(...offerRules[1])
  .refine(...offerRules[2])
  .transform((message) => {
    const { companyId, id: serviceId, name, category: heading, price: newPrice, serviceTime, inactive } = message;
    return {
      ...{ companyId, id: serviceId, offer: toOffer(message) },
      ...omitUndefined({ name, category: heading, price: newPrice, minutes: serviceTime, inactive }),
    };
  });

/** Input of UpdateService. Lists that are empty in a binary request are unchanged. */
export function serviceInput(
  { businessIds }: UpdateServiceRequest,
  { emptyMembers }: Pick<Context, "emptyMembers">,
  parse: Parse,
) {
  const isEmptied = (field: string) => emptyMembers?.get(field) === "empty";
  const emptied = {
    businesses: businessIds.length === 0 && isEmptied("available_business_ids"),
    staff: isEmptied("available_staff_ids"),
  };
  const { offer: given, ...update } = parse(serviceUpdate);
  return { ...update, offer: { ...given, emptied } };
}
