import { clone } from "@bufbuild/protobuf";
import { named } from "../../api/company-resource.js";
import { countryOf, perCountry } from "../../api/country.js";
import { givenId } from "../../api/fields.js";
import {
  importAuthors,
  importTimes,
  repetitionViolations,
  statedAuthors,
  statedTimes,
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
import { consentOnce, leadCreation, toNewLead } from "./lead.input.js";
import { toProtoLead } from "./lead.output.js";
import type { LeadAdmin } from "./lead-admin.service.js";

const requests = LeadAdminService.method;

/** moego.admin.v1.LeadAdminService */
export function createLeadAdminHandlers(admin: LeadAdmin): ServiceHandlers<typeof LeadAdminService> {
  return {
    async archiveLead(request, { caller, write }) {
      const input = parse(requests.archiveLead.input, request, named);
      return { lead: toProtoLead(await admin.archive(input, caller, write)) };
    },

    async restoreLead(request, { caller, write }) {
      const input = parse(requests.restoreLead.input, request, named);
      return { lead: toProtoLead(await admin.restore(input, caller, write)) };
    },

    async eraseLead(request, { caller, write }) {
      const input = parse(requests.eraseLead.input, request, named);
      await admin.erase(input, caller, write);
      return {};
    },

    async importLead(request, { caller, write }) {
      const { companyId, id, lead } = request;
      const found = [
        ...repetitionViolations("lead.company_id", companyId, lead?.companyId),
        ...repetitionViolations("lead.id", id, lead?.id),
      ];
      const schema = leadImport(countryOf(caller, companyId));
      const { lead: imported, ...input } = parse(requests.importLead.input, unnamed(request), schema, found);
      // The contract requires the lead, so parse has refused a request without one.
      if (!imported) throw invalidRequest([]);
      const record = { ...imported, companyId };
      return { lead: toProtoLead(await admin.import({ ...input, lead: record }, caller, write)) };
    },
  };
}

const leadImport = perCountry((country) =>
  named
    .extend({ id: givenId, ...leadCreation(country, importedPet(country)), ...importTimes, ...importAuthors })
    .refine(...consentOnce)
    .transform(({ companyId, id, lead, complianceConfig, ...times }) => ({
      ...{ companyId, id, ...statedTimes(times), ...statedAuthors(times) },
      lead: toNewLead({ lead, complianceConfig }),
    })),
);

/** The lead without the id of the request, which a new lead may not have. */
function unnamed(request: ImportLeadRequest): ImportLeadRequest {
  const bare = clone(ImportLeadRequestSchema, request);
  if (bare.lead) bare.lead.id = "";
  return bare;
}
