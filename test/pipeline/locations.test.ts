import type { DescField, DescMessage } from "@bufbuild/protobuf";
import { expect, it } from "vitest";
import { isLocation } from "../../src/server/pipeline/locations.js";
import { services } from "../../src/services.js";

/** Who may name any location of the company there, and why. */
const others = new Map([
  ["moego.admin.v1.CreateStaffRequest.working_business_ids", "a key limited to locations writes no staff"],
  ["moego.admin.v1.WorkingBusinesses.business_ids", "the same"],
  ["moego.business.setting.v1.ListServicesRequest.business_ids", "every key of the company reads its settings"],
  ["moego.business.setting.v1.CreateServiceRequest.business_ids", "a key limited to locations writes no settings"],
  ["moego.business.setting.v1.CreateServiceRequest.available_business_ids", "the same"],
  ["moego.business.setting.v1.UpdateServiceRequest.business_ids", "the same"],
  ["moego.business.setting.v1.UpdateServiceRequest.available_business_ids", "the same"],
]);

it("every field of a request that names a location is checked before the request, or is known to need no check", () => {
  const found = new Set(services.flatMap(({ methods }) => methods.flatMap(({ input }) => fieldsOf(input))));
  const named = [...found].filter(({ name }) => /business_ids?$/.test(name));
  const nameOf = (field: DescField) => `${field.parent.typeName}.${field.name}`;
  expect(
    named
      .filter((field) => !isLocation(field))
      .map(nameOf)
      .toSorted(),
  ).toEqual([...others.keys()].toSorted());
  expect(named.filter(isLocation).map(nameOf).toSorted()).toEqual([
    "moego.admin.v1.SellPackageRequest.business_id",
    "moego.business.customer.v1.CreateCustomerRequest.preferred_business_id",
    "moego.business.customer.v1.Lead.preferred_business_id",
    "moego.business.customer.v1.ListCustomersRequest.Filter.preferred_business_ids",
    "moego.business.customer.v1.ListLeadsRequest.Filter.preferred_business_ids",
    "moego.business.customer.v1.UpdateCustomerRequest.preferred_business_id",
    "moego.business.package.v1.ListPackagesRequest.business_ids",
  ]);
});

function fieldsOf(message: DescMessage, seen = new Set<DescMessage>()): readonly DescField[] {
  if (seen.has(message)) return [];
  seen.add(message);
  return message.fields.flatMap((field) => [field, ...(field.message ? fieldsOf(field.message, seen) : [])]);
}
