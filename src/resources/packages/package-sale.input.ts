import { timestampMs } from "@bufbuild/protobuf/wkt";
import { z } from "zod";
import { id, list, optionalClientId, optionalId, text } from "../../api/fields.js";
import { calendarDate, moment, price } from "../../api/google-types.js";
import { customIssue } from "../../api/parse.js";
import type { Violation } from "../../core/errors.js";
import { nameRule, noteRule } from "../../core/text.js";
import type { SellPackageRequest } from "../../gen/proto/moego/admin/v1/package_pb.js";
import { neverExpires } from "./package.model.js";
import type { NewPackage } from "./package.service.js";

const maxLines = 50;
const maxServicesPerLine = 50;
const maxQuantity = 1_000_000;

const saleLine = z
  .object({
    id: optionalClientId,
    services: list(z.object({ serviceId: id, unitPrice: price.optional() }), maxServicesPerLine),
    quantity: z.number().superRefine((quantity, context) => {
      if (quantity < 1 || quantity > maxQuantity)
        context.addIssue(customIssue("OUT_OF_RANGE", `Must be from 1 to ${maxQuantity}.`));
    }),
  })
  .transform(({ id: lineId, services, quantity }) => ({
    ...(lineId === "" ? {} : { id: lineId }),
    services: services.map(({ serviceId, unitPrice }) => ({ serviceId, ...(unitPrice ? { unitPrice } : {}) })),
    quantity,
  }));

/** Input of SellPackage. */
export const newPackage = z
  .object({
    companyId: id,
    id: optionalClientId,
    customerId: id,
    businessId: id,
    staffId: optionalId,
    packageName: text(nameRule),
    packageDesc: text({ ...noteRule, min: 0 }),
    packagePrice: price,
    purchaseTime: moment.optional(),
    startTime: moment.optional(),
    endTime: moment.optional(),
    expirationDate: calendarDate.optional(),
    packageServices: list(saleLine, maxLines),
  })
  .transform((message): NewPackage => {
    const { purchaseTime, startTime, endTime } = message;
    return {
      companyId: message.companyId,
      ...(message.id === "" ? {} : { id: message.id }),
      customerId: message.customerId,
      businessId: message.businessId,
      ...(message.staffId === "" ? {} : { staffId: message.staffId }),
      name: message.packageName,
      description: message.packageDesc,
      price: message.packagePrice,
      ...(purchaseTime ? { purchaseTime } : {}),
      ...(startTime ? { startTime } : {}),
      ...(endTime ? { endTime } : {}),
      expirationDate: message.expirationDate ?? neverExpires,
      lines: message.packageServices,
    };
  });

/** Violations of rules over several fields. They are reported even if single fields are invalid. */
export function saleViolations({ packageServices: lines, startTime, endTime }: SellPackageRequest): Violation[] {
  const violations: Violation[] = [];
  const refuse = (field: string, reason: Violation["reason"], description: string) =>
    violations.push({ field, reason, description });
  if (startTime && endTime && timestampMs(startTime) >= timestampMs(endTime))
    refuse("end_time", "CONFLICT", "Must be after start_time.");
  for (const index of repeated(lines.map((line) => line.id)))
    refuse(`package_services[${index}].id`, "CONFLICT", "Must be unique among the items.");
  for (const [line, { services }] of lines.entries()) {
    const field = `package_services[${line}].services`;
    if (services.length === 0) refuse(field, "REQUIRED", "Must have at least one service.");
    for (const index of repeated(services.map(({ serviceId }) => serviceId)))
      refuse(`${field}[${index}].service_id`, "CONFLICT", "Must be unique within the item.");
  }
  return violations;
}

/** Indexes of non-empty strings that occur earlier in the list. */
function repeated(texts: readonly string[]): number[] {
  const seen = new Set([""]);
  return texts.flatMap((one, index) => {
    const again = one !== "" && seen.has(one);
    seen.add(one);
    return again ? [index] : [];
  });
}
