import { isDeepStrictEqual } from "node:util";
import { joinedExternalIds } from "../../core/external-id.js";
import { maxNotesInRecord } from "../../core/note.js";
import { stricterChoice } from "../../core/stricter-consent.js";
import { type AccountKind, accountKinds, type ProfileValues } from "../callers/caller-profile.model.js";
import type { FieldValues, Json } from "../custom-fields/custom-field.model.js";
import type { Customer, CustomerChange, CustomerFields } from "../customers/customer.model.js";
import type { Carried, Choices, FieldConflict, MergePlan, MergeSides } from "./merge.model.js";
import { isSamePlace, mergedAddresses, mergedItems, mergedPhones, primaryOf } from "./merge-lists.service.js";

/** The fields of a customer that are chosen one by one, by path. */
export const customerPaths = {
  first_name: "firstName",
  last_name: "lastName",
  avatar: "avatar",
  email: "email",
  status: "status",
  color_code: "colorCode",
  source: "source",
  preferred_business_id: "preferredBusinessId",
  referral_source: "referralSourceId",
  assigned_staff_id: "assignedStaffId",
  last_appointment_date: "lastAppointmentDate",
  next_appointment_date: "nextAppointmentDate",
} as const satisfies Readonly<Record<string, keyof CustomerFields>>;

/** The same of a profile. */
export const profilePaths = {
  nickname: "nickname",
  gender: "gender",
  vip_level: "vipLevel",
  enterprise_name: "enterpriseName",
} as const satisfies Readonly<Record<string, keyof ProfileValues>>;

export const listPaths = ["phones", "addresses", "tags", "visitor_ids"] as const;

/** Of these the choice decides which comes first. */
export const firstPaths = ["phone", "address"] as const;

export const customFieldPrefix = "custom_fields.";
export const accountPrefix = "accounts.";

/** What a merge does, field by field. Decides nothing about limits. */
export function planMerge({ survivor, merged }: MergeSides, choices: Choices): MergePlan {
  const [mine, theirs] = [survivor.customer, merged.customer];
  const conflicts: FieldConflict[] = [];
  const chosen = <Value>(path: string, one: Value, other: Value): Value => {
    const choice = choices.get(path) ?? (isEmpty(one) ? "MERGED" : "SURVIVOR");
    if (!isEmpty(one) && !isEmpty(other) && !isDeepStrictEqual(one, other))
      conflicts.push({ path, survivor: one, merged: other, choice });
    return choice === "MERGED" ? other : one;
  };
  const own = Object.entries(customerPaths).map(([path, name]) => [name, chosen(path, mine[name], theirs[name])]);
  const ownProfile = Object.entries(profilePaths).map(([path, name]) => [
    ...[name, chosen(path, survivor.profile[name], merged.profile[name])],
  ]);
  const fieldsOf = ({ customFields: values }: Customer) => repointed(values, theirs, mine);
  const customFields = mergedFields(fieldsOf(mine), fieldsOf(theirs), chosen);
  const firstPhone = chosen("phone", mine.phone, theirs.phone) === mine.phone ? "SURVIVOR" : "MERGED";
  const [home, otherHome] = [primaryOf(mine.addresses), primaryOf(theirs.addresses)];
  if (!home || !otherHome || !isSamePlace(home, otherHome)) chosen("address", home, otherHome);
  const lists = {
    phones: mergedPhones({ ...of("phones", mine.phones, theirs.phones), first: firstPhone }),
    addresses: mergedAddresses({
      ...{ ...of("addresses", mine.addresses, theirs.addresses), first: choices.get("address") },
    }),
    tags: mergedItems(of("tags", mine.tags, theirs.tags), ({ id }) => id),
    visitorIds: mergedItems(of("visitor_ids", survivor.profile.visitorIds, merged.profile.visitorIds), String),
  };
  const { accounts, movedAccounts } = mergedAccounts(survivor.profile, merged.profile, choices, conflicts);
  const blacklisted = survivor.profile.blacklisted || merged.profile.blacklisted;
  const profile: ProfileValues = {
    ...withoutAbsent({ ...survivor.profile, ...Object.fromEntries(ownProfile) }),
    ...{ blacklisted, visitorIds: lists.visitorIds, accounts },
  };
  const fields = { ...Object.fromEntries(own), customFields, phone: lists.phones[0]?.number ?? "" };
  const change = changeOf(mine, { ...fields, ...stricterChoice(mine, theirs) });
  const carried = {
    ...counted(merged.counts),
    phones: lists.phones.length - kept(lists.phones, mine.phones, ({ number }) => number),
    addresses: lists.addresses.length - kept(lists.addresses, mine.addresses, ({ id }) => id),
    tags: lists.tags.length - kept(lists.tags, mine.tags, ({ id }) => id),
    accounts: movedAccounts.length,
  };
  const { visitorIds: _, ...shown } = lists;
  return {
    ...{ change, ...shown, profile, movedAccounts, conflicts, carried },
    nested: nestedChanges({ survivor, merged }, { ...shown, profile }),
    result: { ...resultOf(mine, theirs, change), ...shown },
  };

  function of<Item>(path: string, one: readonly Item[], other: readonly Item[]) {
    return { survivor: one, merged: other, only: choices.get(path) };
  }
}

type Choose = <Value>(path: string, one: Value, other: Value) => Value;

function mergedFields(mine: FieldValues, theirs: FieldValues, chosen: Choose): FieldValues {
  const codes = [...new Set([...Object.keys(mine), ...Object.keys(theirs)])];
  return Object.fromEntries(
    codes.flatMap((code) => {
      const value = chosen(customFieldPrefix + code, mine[code], theirs[code]);
      return value === undefined ? [] : [[code, value]];
    }),
  );
}

/** The RELATION values that point to the merged record point to the survivor, by the same members. */
function repointed(values: FieldValues, from: Customer, to: Customer): FieldValues {
  return Object.fromEntries(
    Object.entries(values).map(([code, value]) => {
      const { relation } = value;
      if (!isRelation(relation) || relation["entity"] !== "CUSTOMER") return [code, value];
      const { refId, id } = relation;
      if (refId !== from.id && id !== from.rawId.toString()) return [code, value];
      const ref = typeof refId === "string" && refId !== "" ? { refId: to.id } : {};
      const number = typeof id === "string" && id !== "0" ? { id: to.rawId.toString() } : {};
      return [code, { relation: { ...relation, ...ref, ...number } }];
    }),
  );
}

function isRelation(value: unknown): value is Readonly<Record<string, Json>> {
  return typeof value === "object" && value !== null;
}

function mergedAccounts(mine: ProfileValues, theirs: ProfileValues, choices: Choices, conflicts: FieldConflict[]) {
  const accounts: Partial<Record<AccountKind, string>> = {};
  const movedAccounts: AccountKind[] = [];
  for (const kind of accountKinds.words) {
    const [one, other] = [mine.accounts[kind], theirs.accounts[kind]];
    const path = accountPrefix + kind;
    const choice = choices.get(path);
    if (one !== undefined && other !== undefined)
      conflicts.push({ path, survivor: one, merged: other, ...(choice ? { choice } : {}) });
    const isMoved = other !== undefined && (one === undefined || choice === "MERGED");
    if (isMoved) movedAccounts.push(kind);
    const account = isMoved ? other : one;
    if (account !== undefined) accounts[kind] = account;
  }
  return { accounts, movedAccounts };
}

/** The kinds of accounts of which both records have one, and no choice was made. */
export function undecidedAccounts({ conflicts }: MergePlan): readonly string[] {
  return conflicts.flatMap(({ path, choice }) => (choice === undefined ? [path] : []));
}

function isEmpty(value: unknown): boolean {
  return value === undefined || value === "";
}

function withoutAbsent(profile: ProfileValues): ProfileValues {
  const { vipLevel, ...same } = profile;
  return vipLevel ? { ...same, vipLevel } : same;
}

/** The fields that differ. An optional one that is cleared is null. */
function changeOf(former: Customer, fields: CustomerChange): CustomerChange {
  const before = new Map<string, unknown>(Object.entries(former));
  return Object.fromEntries(
    Object.entries(fields).flatMap(([name, value]) =>
      isDeepStrictEqual(before.get(name), value) ? [] : [[name, value ?? null]],
    ),
  );
}

function counted({ notes, pets, packages, cards, leads, relations }: MergeSides["merged"]["counts"]) {
  return { notes, pets, packages, cards, leads, relations } satisfies Partial<Carried>;
}

function kept<Item>(all: readonly Item[], mine: readonly Item[], keyOf: (item: Item) => string): number {
  const keys = new Set(mine.map(keyOf));
  return all.filter((item) => keys.has(keyOf(item))).length;
}

function nestedChanges(
  { survivor, merged }: MergeSides,
  { phones, addresses, tags, profile }: Pick<MergePlan, "phones" | "addresses" | "tags" | "profile">,
): readonly string[] {
  const { customer, profile: former } = survivor;
  const differs = (one: unknown, other: unknown) => !isDeepStrictEqual(one, other);
  return [
    ...(differs(phones, customer.phones) ? ["phones"] : []),
    ...(differs(addresses, customer.addresses) ? ["addresses"] : []),
    ...(differs(new Set(tags.map(({ id }) => id)), new Set(customer.tags.map(({ id }) => id))) ? ["tags"] : []),
    ...(merged.counts.notes > 0 ? ["notes"] : []),
    ...(merged.customer.externalIds.length > 0 ? ["external_ids"] : []),
    ...Object.entries(profilePaths).flatMap(([path, name]) => (differs(profile[name], former[name]) ? [path] : [])),
    ...(differs(profile.blacklisted, former.blacklisted) ? ["blacklisted"] : []),
    ...(differs(profile.visitorIds, former.visitorIds) ? ["visitor_ids"] : []),
    ...(differs(profile.accounts, former.accounts) ? ["accounts"] : []),
  ];
}

function resultOf(mine: Customer, theirs: Customer, change: CustomerChange): Customer {
  const notes = [...mine.notes, ...theirs.notes].toSorted(
    (a, b) => b.lastUpdatedTime.getTime() - a.lastUpdatedTime.getTime(),
  );
  const sourceLeadId = mine.sourceLeadId ?? theirs.sourceLeadId;
  const leadSummary = mine.sourceLeadId === undefined ? theirs.leadSummary : mine.leadSummary;
  const { referralSourceId = mine.referralSourceId } = change;
  const source = [mine, theirs].find(({ referralSource }) => referralSource?.id === referralSourceId)?.referralSource;
  const { referralSource: _, ...rest } = mine;
  return {
    ...rest,
    ...withoutNull(change),
    notes: notes.slice(0, maxNotesInRecord),
    externalIds: joinedExternalIds(mine.externalIds, theirs.externalIds),
    ...(source ? { referralSource: source } : {}),
    ...(sourceLeadId === undefined ? {} : { sourceLeadId }),
    ...(leadSummary ? { leadSummary } : {}),
  };
}

function withoutNull(change: CustomerChange): Partial<Customer> {
  return Object.fromEntries(Object.entries(change).map(([name, value]) => [name, value ?? undefined]));
}
