import { afterAll, describe, expect, it } from "vitest";
import { SettingService } from "../../src/gen/proto/moego/business/setting/v1/setting_service_pb.js";
import { keys } from "../support/fixture-keys.js";
import { startServer } from "../support/server.js";

const server = await startServer();
afterAll(() => server.stop());

const { listCustomerTags, listCustomerReferralSources } = SettingService.method;

describe("ListCustomerTags", () => {
  it("gives the tags in use by display order, then by name, with their group", async () => {
    const { tags } = await server.ok(listCustomerTags, { companyId: "cmp_a" });
    expect(tags.map(({ id, group, archived }) => [id, group, archived])).toEqual([
      ["tag_a1", "Loyalty", false],
      ["tag_a3", "", false],
      ["tag_a2", "", false],
    ]);
    expect(tags[0]).toMatchObject({
      name: "VIP",
      lastUpdatedBy: "staff_a1",
      lastUpdatedTime: { seconds: 1_672_567_200n },
    });
  });

  it("gives archived ones when they are asked for", async () => {
    const { tags } = await server.ok(listCustomerTags, { companyId: "cmp_a", showArchived: true });
    expect(tags.filter(({ archived }) => archived).map(({ id }) => id)).toEqual(["tag_a9"]);
    expect(tags).toHaveLength(4);
  });

  it("gives a company its own alone", async () => {
    const { tags } = await server.ok(listCustomerTags, { companyId: "cmp_b" }, { key: keys.b });
    expect(tags.map(({ id }) => id)).toEqual(["tag_b1"]);
  });
});

describe("ListCustomerReferralSources", () => {
  it("gives the sources in use by display order, then by name", async () => {
    const { referralSources } = await server.ok(listCustomerReferralSources, { companyId: "cmp_a" });
    expect(referralSources).toMatchObject([
      { id: "ref_a2", name: "A friend", archived: false },
      { id: "ref_a1", name: "Web search", archived: false },
    ]);
  });

  it("gives archived ones when they are asked for", async () => {
    const { referralSources } = await server.ok(listCustomerReferralSources, {
      companyId: "cmp_a",
      showArchived: true,
    });
    expect(referralSources.filter(({ archived }) => archived).map(({ id }) => id)).toEqual(["ref_a9"]);
  });

  it("is empty for a company without any", async () => {
    expect(await server.ok(listCustomerReferralSources, { companyId: "cmp_b" }, { key: keys.b })).toMatchObject({
      referralSources: [],
    });
  });
});
