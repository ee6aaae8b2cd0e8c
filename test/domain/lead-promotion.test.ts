import { describe, expect, it } from "vitest";
import { defaultConsent } from "../../src/core/consent.js";
import type { Lead, LeadPromotion, PromotedCustomer } from "../../src/resources/leads/lead.model.js";
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
    notes: [],
    tags: [],
    source: "",
  },
  ...{ firstName: "Ann", lastName: "", avatar: "", phone: "", email: "ann@example.com" },
  ...{ consent: defaultConsent, customFields: {}, allocateStaffId: "staff_1" },
  ...{ createdBy: "", createdTime: new Date(0), lastUpdatedBy: "", lastUpdatedTime: new Date(0) },
};

describe("the promotion of a lead", () => {
  it("stores a customer with the fields of the lead, and returns its id", async () => {
    const { unit, counted, stored } = unitOf(lead);
    const id = await promote(unit);
    expect(counted).toHaveLength(1);
    expect(stored).toMatchObject([
      { id, fields: { firstName: "Ann", email: "ann@example.com", assignedStaffId: "staff_1", status: "ACTIVE" } },
    ]);
  });

  it("of a promoted lead returns its customer, even if the customer limit is reached", async () => {
    const { unit, counted, stored } = unitOf({ ...lead, promotedCustomerId: "cus_1" }, 5);
    expect(await promote(unit)).toBe("cus_1");
    expect([counted, stored]).toEqual([[], []]);
  });

  it("refuses an archived lead before it counts a customer", async () => {
    const { unit, counted, stored } = unitOf({ ...lead, archived: true }, 5);
    await expect(promote(unit)).rejects.toMatchObject({ reason: "RESOURCE_NOT_FOUND" });
    expect([counted, stored]).toEqual([[], []]);
  });

  it("stores nothing if the customer limit is reached", async () => {
    const { unit, stored } = unitOf(lead, 5);
    await expect(promote(unit)).rejects.toMatchObject({ reason: "CUSTOMER_QUOTA_EXCEEDED" });
    expect(stored).toEqual([]);
  });
});

function promote(unit: LeadPromotion): Promise<string> {
  return promoteLead(unit, new AbortController().signal);
}

/** A locked lead. With a `limit`, the company has as many customers. */
function unitOf(locked: Lead, limit?: number) {
  const counted: true[] = [];
  const stored: PromotedCustomer[] = [];
  const unit: LeadPromotion = {
    lead: locked,
    customFields: { definitions: async () => [], named: async () => [], missingRelations: async () => [] },
    countCustomer: async () => {
      counted.push(true);
      return limit;
    },
    promote: async (customer) => {
      stored.push(customer);
    },
  };
  return { unit, counted, stored };
}
