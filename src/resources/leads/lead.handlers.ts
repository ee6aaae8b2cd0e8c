import { z } from "zod";
import { countryOf } from "../../api/country.js";
import { id } from "../../api/fields.js";
import { byChange, byCreation } from "../../api/page-order.js";
import type { PageTokens } from "../../api/page-token.js";
import { parse } from "../../api/parse.js";
import type { ServiceHandlers } from "../../api/rpc.js";
import { reachOf } from "../../core/access.js";
import { invalidRequest } from "../../core/errors.js";
import type { Caller } from "../../core/principal.js";
import { LeadService } from "../../gen/proto/moego/business/customer/v1/lead_service_pb.js";
import { toProtoCustomer } from "../customers/customer.output.js";
import { leadsQuery, newLead } from "./lead.input.js";
import { toProtoLead } from "./lead.output.js";
import type { Leads } from "./lead.service.js";
import { leadMask, leadUpdate, toLeadUpdate } from "./lead-update.input.js";

export interface LeadHandlerDependencies {
  readonly leads: Leads;
  readonly pageTokens: PageTokens;
}

const requests = LeadService.method;

/** moego.business.customer.v1.LeadService (document 002). */
export function createLeadHandlers({
  leads,
  pageTokens,
}: LeadHandlerDependencies): ServiceHandlers<typeof LeadService> {
  return {
    async createLead(request, { caller, write }) {
      const companyId = request.lead?.companyId || onlyCompanyOf(caller);
      assertCompany(caller, companyId);
      const schema = newLead(countryOf(caller, companyId));
      const input = parse(requests.createLead.input, request, schema, companyId === "" ? [companyMissing] : []);
      // The contract requires the lead, so parse has refused a request without one.
      if (!input) throw invalidRequest([]);
      return toProtoLead(await leads.create({ ...input, companyId }, caller, write));
    },

    async getLead(request, { caller, signal }) {
      const input = parse(requests.getLead.input, request, byId);
      return toProtoLead(await leads.get(input.id, caller, signal));
    },

    async updateLead(request, { caller, write }) {
      assertCompany(caller, request.lead?.companyId);
      const mask = leadMask(request);
      const schemas = mask.lead.explicit ? leadUpdate.replace : leadUpdate.merge;
      const schema = schemas(countryOf(caller, request.lead?.companyId || onlyCompanyOf(caller)));
      const violations = [...mask.lead.violations, ...mask.beside.violations, ...idViolations(request)];
      const input = parse(requests.updateLead.input, request, schema, violations);
      return toProtoLead(await leads.update(toLeadUpdate(input, mask), caller, write));
    },

    async listLeads(request, context) {
      const { caller, signal } = context;
      const schema = leadsQuery(countryOf(caller, request.companyId));
      const { companyId, filter = {} } = parse(requests.listLeads.input, request, schema);
      const page = pageTokens.open(request, context);
      const found = await leads.list({ companyId, filter, page }, caller, signal);
      const { rows, nextPageToken } = page.close(found, filter.lastUpdated ? byChange : byCreation);
      return { leads: rows.map(toProtoLead), nextPageToken };
    },

    async promoteLead(request, { caller, write }) {
      const input = parse(requests.promoteLead.input, request, byId);
      return { customer: toProtoCustomer(await leads.promote(input.id, caller, write)) };
    },
  };
}

const byId = z.object({ id });

/** The company stands inside the lead, where the pipeline does not look. */
function assertCompany(caller: Caller, companyId = ""): void {
  if (companyId !== "") reachOf(caller, companyId);
}

/** The company of a key that covers exactly one; else empty. Also national numbers are read in its country. */
function onlyCompanyOf(caller: Caller): string {
  const [only = "", ...others] = caller.companies.keys();
  return others.length > 0 ? "" : only;
}

const companyMissing = {
  field: "lead.company_id",
  reason: "REQUIRED",
  description: "Required unless this API key has access to exactly one company.",
} as const;

function idViolations({
  id: path,
  lead,
}: {
  readonly id: string;
  readonly lead?: { readonly id: string } | undefined;
}) {
  if (!lead || lead.id === "" || lead.id === path) return [];
  return [
    { field: "lead.id", reason: "CONFLICT" as const, description: "Must be empty or equal to the id in the request." },
  ];
}
