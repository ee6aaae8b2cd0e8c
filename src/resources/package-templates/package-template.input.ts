import { z } from "zod";
import {
  companyResourceSchema,
  id,
  list,
  maxFilterValues,
  omitUndefined,
  singleLineText,
  text,
} from "../../api/fields.js";
import { price } from "../../api/google-types.js";
import { newResourceFields } from "../../api/import-fields.js";
import { pagination } from "../../api/page-token.js";
import { customIssue } from "../../api/parse.js";
import type { Violation } from "../../core/errors.js";
import type { EmptyMembers } from "../../core/presence.js";
import { nameRule, noteRule } from "../../core/text.js";
import type { UpdatePackageTemplateRequest } from "../../gen/proto/moego/admin/v1/package_template_service_pb.js";
import type { TemplateItem } from "./package-template.model.js";
import type { TemplateQuery } from "./package-template.service.js";

const maxItems = 50;
const maxServices = 50;

function from1To(most: number) {
  return z.number().superRefine((number, context) => {
    if (number < 1 || number > most) context.addIssue(customIssue("OUT_OF_RANGE", `Must be from 1 to ${most}.`));
  });
}

const service = z
  .object({ serviceId: id, unitPrice: price.optional() })
  .transform(({ serviceId, unitPrice }) => ({ serviceId, ...omitUndefined({ unitPrice }) }));

const items = list(
  z
    .object({ quantity: from1To(1_000_000), services: list(service, maxServices) })
    .superRefine(({ services }, context) => {
      if (services.length === 0)
        context.addIssue({ ...customIssue("REQUIRED", "Must have at least one service."), path: ["services"] });
      const ids = services.map(({ serviceId }) => serviceId);
      for (const [index, one] of ids.entries()) {
        if (ids.indexOf(one) === index) continue;
        const path = ["services", index, "serviceId"];
        context.addIssue({ ...customIssue("CONFLICT", "Must be unique within the item."), path });
      }
    })
    .transform(({ quantity, services }): TemplateItem => ({ quantity, services })),
  maxItems,
);

const expirationDays = from1To(36_500);
const description = text({ ...noteRule, min: 0 });

/** Input of CreatePackageTemplate. */
export const newTemplate = z
  .object({
    ...newResourceFields,
    ...{ name: text(nameRule), description, price, items, expirationDays: expirationDays.optional() },
  })
  .transform(({ expirationDays: days, ...same }) => ({ ...same, ...omitUndefined({ expirationDays: days }) }));

/** Input of UpdatePackageTemplate. */
export const templateUpdate = z.object({
  ...companyResourceSchema.shape,
  ...{ name: text(nameRule).optional(), description: description.optional(), price: price.optional() },
  items: items.transform((given) => (given.length > 0 ? given : undefined)),
  ...{ expirationDays: expirationDays.optional(), neverExpires: z.boolean() },
});

export function templateUpdateViolations(
  { neverExpires, expirationDays: days }: UpdatePackageTemplateRequest,
  emptyMembers: EmptyMembers | undefined,
): Violation[] {
  const violations: Violation[] = [];
  if (neverExpires && days !== undefined) {
    const description = "Must not be true if expiration_days is set.";
    violations.push({ field: "never_expires", reason: "CONFLICT", description });
  }
  if (emptyMembers?.get("items") === "empty") {
    violations.push({ field: "items", reason: "REQUIRED", description: "Must have at least one item." });
  }
  return violations;
}

/** Input of ListPackageTemplates. Every template is sold at all locations. */
export const templateQuery = z
  .object({
    pagination,
    companyId: id,
    businessIds: list(id, maxFilterValues),
    filter: z.object({ nameLike: singleLineText, activeOnly: z.boolean() }).optional(),
  })
  .transform(
    ({ companyId, filter }): TemplateQuery => ({
      companyId,
      activeOnly: filter?.activeOnly ?? false,
      nameLike: (filter?.nameLike ?? "").toLowerCase(),
    }),
  );
