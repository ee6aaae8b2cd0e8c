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
import { parse } from "../../api/parse.js";
import type { ServiceHandlers } from "../../api/rpc.js";
import { invalidRequest } from "../../core/errors.js";
import {
  type ImportLeadRequest,
  ImportLeadRequestSchema,
  LeadAdminService,
} from "../../gen/proto/moego/admin/v1/lead_admin_service_pb.js";
import { importedPet } from "../pets/nested-import.input.js";
import { leadCreation, singleConsentRule, toNewLead } from "./lead.input.js";
import { toProtoLead } from "./lead.output.js";
import type { LeadAdmin } from "./lead-admin.service.js";

const requests = LeadAdminService.method;

/** moego.admin.v1.LeadAdminService */
export function createLeadAdminHandlers(admin: LeadAdmin): ServiceHandlers<typeof LeadAdminService> {
  return {
    async archiveLead(request, { principal, write }) {
      const input = parse(requests.archiveLead.input, request, companyResourceSchema);
      return { lead: toProtoLead(await admin.archive(input, principal, write)) };
    },

    async restoreLead(request, { principal, write }) {
      const input = parse(requests.restoreLead.input, request, companyResourceSchema);
      return { lead: toProtoLead(await admin.restore(input, principal, write)) };
    },

    async eraseLead(request, { principal, write }) {
      const input = parse(requests.eraseLead.input, request, companyResourceSchema);
      await admin.erase(input, principal, write);
      return {};
    },

    async importLead(request, { principal, write }) {
      const { companyId, id, lead } = request;
      const found = [
        ...mismatchViolations("lead.company_id", companyId, lead?.companyId),
        ...mismatchViolations("lead.id", id, lead?.id),
      ];
      const schema = leadImport(countryOf(principal, companyId));
      const { lead: imported, ...input } = parse(requests.importLead.input, unnamed(request), schema, found);
      // The contract requires the lead, so parse has refused a request without one.
      if (!imported) throw invalidRequest([]);
      const record = { ...imported, companyId };
      return { lead: toProtoLead(await admin.import({ ...input, lead: record }, principal, write)) };
    },
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

/** The lead without the id of the request, which a new lead may not have. */
function unnamed(request: ImportLeadRequest): ImportLeadRequest {
  const bare = clone(ImportLeadRequestSchema, request);
  if (bare.lead) bare.lead.id = "";
  return bare;
}
