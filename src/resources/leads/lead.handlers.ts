import { z } from "zod";
import { toListed } from "../../api/departure-message.js";
import { companyResourceSchema, countryOf, id } from "../../api/fields.js";
import { mismatchViolations } from "../../api/import-fields.js";
import type { PageTokens } from "../../api/page-token.js";
import { paged } from "../../api/paged.js";
import { warnOfPhones, warnOfUpdate } from "../../api/phone-fields.js";
import { archiving, inCountry, rpc, rpcWithStored, type ServiceHandlers } from "../../api/rpc.js";
import { personCursorOf } from "../../api/search-fields.js";
import { requireCompanyAccess } from "../../core/access.js";
import { recordsAmong } from "../../core/departure.js";
import { invalidRequest, type Violation } from "../../core/errors.js";
import { type KeyUseLog, readOfPage } from "../../core/key-use.js";
import type { Principal } from "../../core/principal.js";
import type { LeadAdminService } from "../../gen/proto/moego/admin/v1/lead_admin_service_pb.js";
import type { LeadService, UpdateLeadRequest } from "../../gen/proto/moego/business/customer/v1/lead_service_pb.js";
import { toProtoCreated } from "../customers/customer.output.js";
import { leadImport, leadsQuery, newLead, withoutId } from "./lead.input.js";
import { toProtoCreatedLead, toProtoLead } from "./lead.output.js";
import type { Leads } from "./lead.service.js";
import type { LeadAdmin } from "./lead-admin.service.js";
import { createLeadHistoryHandler } from "./lead-history.handlers.js";
import type { LeadHistory } from "./lead-history.service.js";
import { createLeadNoteHandlers, createLeadTagHandlers } from "./lead-note.handlers.js";
import type { LeadNotes, LeadTags } from "./lead-note.service.js";
import { judgeLeadNumbers, leadMask, leadUpdate, toLeadUpdate } from "./lead-update.input.js";
import { vetOf } from "./lead-update.service.js";
import { vetNumbersOf } from "./lead-warnings.output.js";

/** Handlers of `moego.business.customer.v1.LeadService`. */
export function createLeadHandlers(
  leads: Leads,
  pageTokens: PageTokens,
  keyUse: KeyUseLog,
): ServiceHandlers<typeof LeadService> {
  return {
    createLead: rpc(
      (request, { principal }, parse) => {
        const companyId = request.lead?.companyId || onlyCompanyOf(principal);
        assertCompany(principal, companyId);
        const schema = newLead(countryOf(principal, companyId));
        const lead = parse(schema, companyId === "" ? [companyMissing] : []);
        // Unreachable: the lead is REQUIRED in the contract, so `parse` has rejected a request without it.
        if (!lead) throw invalidRequest([]);
        return { ...lead, companyId };
      },
      async (lead, context) => {
        warnOfPhones(context, lead.phones, vetNumbersOf(lead.pets));
        return toProtoCreatedLead(await leads.create(lead, context.principal, context.write));
      },
    ),

    getLead: rpc(byId, async (input, { principal, signal }) => {
      return toProtoLead(await leads.get(input.id, principal, signal));
    }),

    updateLead: rpcWithStored(
      (request, { principal, emptyMembers }, parse) => {
        assertCompany(principal, request.lead?.companyId);
        const mask = leadMask(request, emptyMembers);
        const schemas = mask.lead.explicit ? leadUpdate.replace : leadUpdate.merge;
        const schema = schemas(countryOf(principal, request.lead?.companyId || onlyCompanyOf(principal)));
        const violations = [...mask.lead.violations, ...mask.beside.violations, ...idViolations(request)];
        return toLeadUpdate(parse(schema, violations), mask);
      },
      {
        judge: (request, context) =>
          judgeLeadNumbers(request, context, request.lead?.companyId || onlyCompanyOf(context.principal)),
        read: (request, { principal, signal }) => leads.get(request.id, principal, signal),
      },
      async (update, context) => {
        const pets = update.pets?.entries ?? [];
        const vets = pets.map((entry) => ({ vet: vetOf(entry) }));
        warnOfUpdate(context, update.phones, vetNumbersOf(vets));
        return toProtoLead(await leads.update(update, context.principal, context.write));
      },
    ),

    listLeads: paged(pageTokens, inCountry(leadsQuery), {
      find: ({ companyId, filter, orderBy: order }, page, { principal, signal }) =>
        leads.list({ companyId, filter, order, page }, principal, signal),
      order: personCursorOf,
      seen: (rows, { companyId }, { write }) => keyUse.record(write, readOfPage(companyId, "lead", recordsAmong(rows))),
      respond: (rows, nextPageToken) => ({ leads: rows.map(toListed(toProtoLead)), nextPageToken }),
    }),

    promoteLead: rpc(byId.extend({ allowDuplicate: z.boolean() }), async (input, { principal, write }) => {
      return { customer: toProtoCreated(await leads.promote(input, principal, write)) };
    }),
  };
}

const byId = z.object({ id });

/** Checks the company inside the lead, which the pipeline does not. */
function assertCompany(principal: Principal, companyId = ""): void {
  if (companyId !== "") requireCompanyAccess(principal, companyId);
}

/**
 * The company of an API key with access to exactly one, otherwise "". Its country determines the format of national
 * phone numbers.
 */
function onlyCompanyOf(principal: Principal): string {
  const [only = "", ...others] = principal.companies.keys();
  return others.length > 0 ? "" : only;
}

const companyMissing = {
  field: "lead.company_id",
  reason: "REQUIRED",
  description: "Required unless this API key has access to exactly one company.",
} as const;

function idViolations({ id: path, lead }: UpdateLeadRequest): Violation[] {
  if (!lead || lead.id === "" || lead.id === path) return [];
  return [{ field: "lead.id", reason: "CONFLICT", description: "Must be empty or equal to the id in the request." }];
}

interface LeadAdminHandlerDependencies {
  readonly admin: LeadAdmin;
  readonly history: LeadHistory;
  readonly notes: LeadNotes;
  readonly tags: LeadTags;
  readonly pageTokens: PageTokens;
}

/** Handlers of `moego.admin.v1.LeadAdminService`. */
export function createLeadAdminHandlers({
  admin,
  history,
  notes,
  tags,
  pageTokens,
}: LeadAdminHandlerDependencies): ServiceHandlers<typeof LeadAdminService> {
  const { archive, restore } = archiving(admin, (lead) => ({ lead: toProtoLead(lead) }));
  return {
    archiveLead: archive,
    restoreLead: restore,

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
        const { lead, ...input } = parse(leadImport(countryOf(principal, companyId)), mismatches, withoutId(request));
        // Unreachable: the lead is REQUIRED in the contract, so `parse` has rejected a request without it.
        if (!lead) throw invalidRequest([]);
        return { ...input, lead: { ...lead, companyId } };
      },
      async (input, context) => {
        warnOfPhones(context, input.lead.phones, vetNumbersOf(input.lead.pets));
        return { lead: toProtoCreatedLead(await admin.import(input, context.principal, context.write)) };
      },
    ),

    listLeadHistory: createLeadHistoryHandler(history, pageTokens),
    ...createLeadNoteHandlers(notes, pageTokens),
    ...createLeadTagHandlers(tags),
  };
}
