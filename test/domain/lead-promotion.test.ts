import { describe, expect, it } from "vitest";
import { defaultConsent } from "../../src/core/consent.js";
import type { Lead, PromotedCustomer } from "../../src/resources/leads/lead.model.js";
import { promoteLead } from "../../src/resources/leads/lead-promotion.service.js";

const lead: Lead = {
  ...{
    companyId: "c",
    id: "lead_1",
    rawId: 1n,
    version: 1n,
    archived: false,
    pets: [],
    phones: [],
    externalIds: [],
    notes: [],
    tags: [],
    source: "",
  },
  ...{ firstName: "Ann", lastName: "", avatar: "", phone: "", email: "ann@example.com" },
  ...{ consent: defaultConsent, customFields: {}, allocateStaffId: "staff_1" },
  ...{ createdBy: "", createdTime: new Date(0), lastUpdatedBy: "", lastUpdatedTime: new Date(0) },
};

describe("the promotion of a lead", () => {
  it("makes a customer with the fields of the lead", async () => {
    expect(await promote(lead)).toMatchObject({
      fields: { firstName: "Ann", email: "ann@example.com", assignedStaffId: "staff_1", status: "ACTIVE" },
    });
  });

  it("makes none of a promoted lead", async () => {
    expect(await promote({ ...lead, promotedCustomerId: "cus_1" })).toBeUndefined();
  });

  it("refuses an archived lead", async () => {
    await expect(promote({ ...lead, archived: true })).rejects.toMatchObject({ reason: "RESOURCE_NOT_FOUND" });
  });
});

function promote(read: Lead): Promise<PromotedCustomer | undefined> {
  const customFields = { definitions: async () => [], named: async () => [], missingRelations: async () => [] };
  return promoteLead(
    { lead: read, customFields },
    { customers: true, leads: true, refuses: false },
    new AbortController().signal,
  );
}
