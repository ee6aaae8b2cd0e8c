import { clone } from "@bufbuild/protobuf";
import { z } from "zod";
import { companyResourceSchema } from "../../api/company-resource.js";
import { countryOf, memoizePerCountry } from "../../api/country.js";
import { clientId, id, list, omitUndefined } from "../../api/fields.js";
import {
  importAuthors,
  importedActors,
  importedTimes,
  importTimes,
  mismatchViolations,
} from "../../api/import-fields.js";
import { rpc, type ServiceHandlers } from "../../api/rpc.js";
import { moment } from "../../api/timestamp.js";
import {
  type CustomerAdminService,
  type ImportCustomerRequest,
  ImportCustomerRequestSchema,
} from "../../gen/proto/moego/admin/v1/customer_admin_service_pb.js";
import { importedAddress, importedNotes } from "../pets/nested-import.input.js";
import { maxTagsPerCustomer } from "../setting-lists/tag.model.js";
import { toProtoTag } from "../setting-lists/tag.output.js";
import { createdFields, customerStatus, toNewCustomer } from "./customer.input.js";
import { toProtoCustomer } from "./customer.output.js";
import type { CustomerAdmin } from "./customer-admin.service.js";

/** Handlers of `moego.admin.v1.CustomerAdminService`. */
export function createCustomerAdminHandlers(admin: CustomerAdmin): ServiceHandlers<typeof CustomerAdminService> {
  return {
    archiveCustomer: rpc(companyResourceSchema, async (input, { principal, write }) => {
      return { customer: toProtoCustomer(await admin.archive(input, principal, write)) };
    }),

    restoreCustomer: rpc(companyResourceSchema, async (input, { principal, write }) => {
      return { customer: toProtoCustomer(await admin.restore(input, principal, write)) };
    }),

    eraseCustomer: rpc(companyResourceSchema, async (input, { principal, write }) => {
      await admin.erase(input, principal, write);
      return {};
    }),

    importCustomer: rpc(
      (request, { principal }, parse) => {
        const schema = customerImport(countryOf(principal, request.companyId));
        const mismatch = mismatchViolations("customer.company_id", request.companyId, request.customer?.companyId);
        return parse(schema, mismatch, withCompany(request));
      },
      async (input, { principal, write }) => ({
        customer: toProtoCustomer(await admin.import(input, principal, write)),
      }),
    ),

    removeCustomerTags: rpc(tagRemoval, async (input, { principal, write }) => {
      return { tags: (await admin.removeTags(input, principal, write)).map(toProtoTag) };
    }),
  };
}

const tagRemoval = companyResourceSchema.extend({ tagIds: list(id, maxTagsPerCustomer) });

const importedCustomer = (country: string) =>
  z
    .object({ ...createdFields(country), address: importedAddress.optional(), notes: importedNotes })
    .transform(({ address, notes, ...fields }) => ({
      ...{ ...toNewCustomer(fields), notes },
      ...(address ? { address } : {}),
    }));

const customerImport = memoizePerCountry((country) =>
  companyResourceSchema
    .extend({
      id: clientId,
      customer: importedCustomer(country),
      ...importTimes,
      ...importAuthors,
      status: customerStatus.withDefault("ACTIVE"),
      lastAppointmentTime: moment.optional(),
      nextAppointmentTime: moment.optional(),
    })
    .transform(({ companyId, id: customerId, customer, status, ...times }) => ({
      ...{ companyId, id: customerId, customer },
      status,
      ...importedTimes(times),
      ...importedActors(times),
      ...omitUndefined({
        lastAppointmentTime: times.lastAppointmentTime,
        nextAppointmentTime: times.nextAppointmentTime,
      }),
    })),
);

/** Fills in the company of the request, so that a missing one is reported only once. */
function withCompany(request: ImportCustomerRequest): ImportCustomerRequest {
  const filled = clone(ImportCustomerRequestSchema, request);
  if (filled.customer) filled.customer.companyId = request.companyId || "unnamed";
  return filled;
}
