import { clone } from "@bufbuild/protobuf";
import { companyResourceSchema } from "../../api/company-resource.js";
import { countryOf, memoizePerCountry } from "../../api/country.js";
import { clientId } from "../../api/fields.js";
import {
  importAuthors,
  importedActors,
  importedTimes,
  importTimes,
  mismatchViolations,
} from "../../api/import-fields.js";
import { rpc, type ServiceHandlers } from "../../api/rpc.js";
import { invalidRequest } from "../../core/errors.js";
import {
  type ImportLeadRequest,
  ImportLeadRequestSchema,
  type LeadAdminService,
} from "../../gen/proto/moego/admin/v1/lead_admin_service_pb.js";
import { importedPet } from "../pets/nested-import.input.js";
import { leadCreation, singleConsentRule, toNewLead } from "./lead.input.js";
import { toProtoLead } from "./lead.output.js";
import type { LeadAdmin } from "./lead-admin.service.js";

/** Handlers of `moego.admin.v1.LeadAdminService`. */
export function createLeadAdminHandlers(admin: LeadAdmin): ServiceHandlers<typeof LeadAdminService> {
  return {
    archiveLead: rpc(companyResourceSchema, async (input, { principal, write }) => {
      return { lead: toProtoLead(await admin.archive(input, principal, write)) };
    }),

    restoreLead: rpc(companyResourceSchema, async (input, { principal, write }) => {
      return { lead: toProtoLead(await admin.restore(input, principal, write)) };
    }),

    eraseLead: rpc(companyResourceSchema, async (input, { principal, write }) => {
      await admin.erase(input, principal, write);
      return {};
    }),

    importLead: rpc(
      (request, { principal }, parse) => {
        const { companyId, id } = request;
        const mismatches = [
          ...mismatchViolations("lead.company_id", companyId, request.lead?.companyId),
          ...mismatchViolations("lead.id", id, request.lead?.id),
        ];
        const { lead, ...input } = parse(leadImport(countryOf(principal, companyId)), mismatches, unnamed(request));
        // Unreachable: the lead is REQUIRED in the contract, so `parse` has rejected a request without it.
        if (!lead) throw invalidRequest([]);
        return { ...input, lead: { ...lead, companyId } };
      },
      async (input, { principal, write }) => ({ lead: toProtoLead(await admin.import(input, principal, write)) }),
    ),
  };
}

const leadImport = memoizePerCountry((country) =>
  companyResourceSchema
    .extend({ id: clientId, ...leadCreation(country, importedPet(country)), ...importTimes, ...importAuthors })
    .refine(...singleConsentRule)
    .transform(({ companyId, id, lead, complianceConfig, ...times }) => ({
      ...{ companyId, id, ...importedTimes(times), ...importedActors(times) },
      lead: toNewLead({ lead, complianceConfig }),
    })),
);

/** Removes the id from the lead, because new leads must not have one. The id of the request is used. */
function unnamed(request: ImportLeadRequest): ImportLeadRequest {
  const bare = clone(ImportLeadRequestSchema, request);
  if (bare.lead) bare.lead.id = "";
  return bare;
}
