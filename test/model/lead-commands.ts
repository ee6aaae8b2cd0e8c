import fc from "fast-check";
import { LeadService } from "../../src/gen/proto/moego/business/customer/v1/lead_service_pb.js";
import { nobody } from "./change.js";
import { authorOf, command, deniedLocation, sees } from "./command.js";
import { changedConsent, sentConsent, storedOf } from "./contact-parts.js";
import { listed } from "./contact-phones.js";
import { addressOf, faultsOf, profile, sentLead } from "./lead-profile.js";
import { goneLead, leadMissing, promote, promotedCustomer, seenLead } from "./lead-rules.js";
import { answer, invalid, notFound, refusal } from "./outcome.js";
import { mergedFields } from "./references.js";
import { leadPhones, names, pick, type Sample, which } from "./samples.js";
import { leadView } from "./views.js";
import { defaultConsent, type Lead, newEtag, newId, newTime } from "./world.js";

const rpc = LeadService.method;

/** Decisions 7, "Required on create" and on. */
export const createLead = command({
  rpc: "CreateLead",
  input: fc.record({ ...profile, first: names, phone: leadPhones }),
  plan(given, world, { by }) {
    const faults = faultsOf(given);
    const isUnreachable = !given.phone?.sent && !given.list && !given.email?.sent.trim();
    const noContact = isUnreachable ? [{ field: "lead.phone", reason: "REQUIRED" }] : [];
    const shape = [...faults.shape, ...noContact];
    const chosen = given.businessId ?? "";
    // A key of one location would not see a lead without: it takes its own.
    const businessId = chosen === "" && by === "location" ? "biz_1" : chosen;
    let made: Lead | undefined;
    return {
      method: rpc.createLead,
      request: {
        lead: { ...sentLead(given), companyId: world.companyId },
        ...(given.consent ? { complianceConfig: sentConsent(given.consent) } : {}),
      },
      check() {
        const denied = deniedLocation(by, businessId);
        if (denied) return denied;
        if (shape.length > 0) return invalid(shape);
        return sees(by, businessId) ? undefined : refusal("PERMISSION_DENIED", "BUSINESS_NOT_ALLOWED");
      },
      run() {
        if (faults.references.length > 0) return invalid(faults.references);
        const time = newTime();
        const stored = (sample: Sample | undefined) => (sample ? storedOf(sample) : "");
        made = {
          ...{ id: newId(world, "lcus_"), createdTime: time, lastUpdatedTime: time, etag: newEtag(), version: 1 },
          ...{ firstName: stored(given.first), lastName: stored(given.last), avatar: stored(given.picture) },
          ...{
            phones: listed(stored(given.phone), given.list),
            email: stored(given.email),
            businessId,
            staffId: given.staffId ?? "",
          },
          ...{ stageId: given.stageId ?? "lc_1", statusId: given.statusId ?? "", sourceId: given.sourceId ?? "" },
          address: addressOf(given.address),
          consent: changedConsent(defaultConsent, given.consent),
          fields: mergedFields({}, given.fields),
          ...{ archived: false, customerId: undefined, createdBy: authorOf(by), lastUpdatedBy: authorOf(by) },
        };
        world.leads.push(made);
        world.consentEvents += 1;
        return answer(leadView(world, made));
      },
      again() {
        const now = made && seenLead(world, made.id.value, by);
        return now ? answer(leadView(world, now)) : notFound;
      },
    };
  },
});

export const getLead = command({
  rpc: "GetLead",
  input: fc.record({ at: which }),
  plan({ at }, world, { by }) {
    const id = pick(world.leads, at)?.id.value ?? nobody;
    return {
      method: rpc.getLead,
      request: { id },
      check: () => leadMissing(world, id, by),
      run() {
        const lead = seenLead(world, id, by);
        return lead ? (goneLead(lead) ?? answer(leadView(world, lead))) : notFound;
      },
    };
  },
});

export const promoteLead = command({
  rpc: "PromoteLead",
  input: fc.record({ at: which }),
  plan({ at }, world, { by }) {
    const id = pick(world.leads, at)?.id.value ?? nobody;
    return {
      method: rpc.promoteLead,
      request: { id },
      check: () => leadMissing(world, id, by),
      looksForKeyFirst: true,
      run: () => promote(world, id, by),
      again: () => promotedCustomer(world, id, by),
    };
  },
});
