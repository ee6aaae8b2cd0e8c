import { expect, it } from "vitest";
import { archivedNamesakeError } from "../../src/core/errors.js";
import { type SettingListName, settingName } from "../../src/import/records/named-setting.js";
import { createNamedSettings } from "../../src/import/run/named-settings.js";
import type { KnownSetting } from "../../src/import/run/setting-calls.js";

const listed = (...names: readonly string[]): KnownSetting[] =>
  names.map((name) => ({ id: `id of ${name}`, name, archived: false }));

const naming = (list: SettingListName, ...names: readonly string[]) =>
  names.map((name, position) => ({ row: position + 2, names: [settingName(list, name)] }));

it("settings of the company are found however many other names a file has, and lists do not take from each other", async () => {
  const calls = {
    list: async (list: SettingListName) => (list === "tag" ? listed("VIP") : listed("Yelp")),
    create: async () => Promise.reject(new Error("nothing is to be created")),
  };
  const named = createNamedSettings({ calls, isCreating: false, isDryRun: false });
  const friends = Array.from({ length: 6_000 }, (_, at) => `Friend ${at}`);
  await named.meet(naming("referralSource", ...friends, "yelp"));
  await named.meet(naming("tag", "vip", "New"));
  expect(named.idOf(settingName("tag", "VIP"))).toBe("id of VIP");
  expect(named.idOf(settingName("referralSource", "Yelp"))).toBe("id of Yelp");
  expect(named.idOf(settingName("referralSource", "Friend 5999"))).toBeUndefined();
  expect(named.lines()).toContain(
    "The file names more than 5,000 referral sources that the company lacks. The others are kept as notes.",
  );
  expect(named.lines().join("\n")).not.toContain("tags that the company lacks");
});

it("a setting that another run has created or archived since is found, and ends no run", async () => {
  const sources: KnownSetting[] = listed("Yelp");
  const calls = {
    list: async (list: SettingListName) => (list === "tag" ? [] : [...sources]),
    create: async () => Promise.reject(archivedNamesakeError("Tag", "tag_1", "name")),
  };
  const named = createNamedSettings({ calls, isCreating: true, isDryRun: false });
  await named.meet(naming("referralSource", "Yelp"));
  sources.push(...listed("Flyer"));
  await named.meet(naming("referralSource", "flyer"));
  expect(named.idOf(settingName("referralSource", "Flyer"))).toBe("id of Flyer");
  await named.meet(naming("tag", "VIP"));
  expect(named.lines()).toEqual(['Note: The tag "VIP" is archived. It is kept as a note (1 row, first row 2).']);
});
