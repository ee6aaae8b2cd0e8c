import { z } from "zod";
import { type ExternalId, joinedExternalIds, maxExternalIds } from "../core/external-id.js";
import { type ContactPhone, isSameLine, plainPhone } from "../core/phone/contact-phone.js";
import { foldCase } from "../core/text.js";
import { type MatchKeys, onMatchPolicies } from "../core/upsert.js";
import { OnMatchSchema } from "../gen/proto/moego/admin/v1/upsert_pb.js";
import { externalId } from "./external-id-fields.js";
import { email, memoizePerCountry, optionalClientId } from "./fields.js";
import { customIssue } from "./parse.js";
import { optionalPhoneLine } from "./phone-line.js";
import { protoEnum } from "./proto-enum.js";

/** What happens to records that match. */
export const onMatch = protoEnum(OnMatchSchema, onMatchPolicies).withDefault("UPDATE");

interface AnyMatch {
  readonly id: string;
  readonly externalId?: ExternalId | undefined;
  readonly phone?: { readonly number: string } | undefined;
  readonly email?: string | undefined;
}

function refineKeys({ id, externalId: other, phone, email: mail = "" }: AnyMatch, context: z.RefinementCtx): void {
  const isCombined = other !== undefined || phone !== undefined || mail !== "";
  if (id === "" && !isCombined) context.addIssue(customIssue("REQUIRED", "Must have at least one key."));
  if (id === "" || !isCombined) return;
  context.addIssue({ ...customIssue("CONFLICT", "Must not be set together with other keys."), path: ["id"] });
}

const recordKeys = z.object({ id: optionalClientId, externalId: externalId.optional() });

/** The keys of a record that has no contacts. */
export const recordMatch = recordKeys.superRefine(refineKeys);

/** The keys of a customer or lead. */
export const contactMatch = memoizePerCountry((country) =>
  recordKeys.extend({ phone: optionalPhoneLine(country), email }).superRefine(refineKeys),
);

export type ContactMatch = z.output<ReturnType<typeof contactMatch>>;

export function toMatchKeys({ id, externalId: own, phone, email: mail = "" }: AnyMatch): MatchKeys {
  return {
    ...(id === "" ? {} : { id }),
    ...(own ? { externalId: own } : {}),
    ...(phone ? { phone: phone.number } : {}),
    ...(mail === "" ? {} : { email: mail }),
  };
}

interface Contact {
  readonly phones: readonly ContactPhone[];
  readonly email: string;
  readonly externalIds: readonly ExternalId[];
}

interface KeyedContact {
  readonly noun: "customer" | "lead";
  readonly match: ContactMatch;
  readonly contact: Contact;
}

/** A record that is created has every key of the match, so that the same request finds it. */
export function refuseOtherKeys({ noun, match, contact }: KeyedContact, context: z.RefinementCtx): void {
  const refuse = (path: readonly string[], issue: ReturnType<typeof customIssue>) =>
    context.addIssue({ ...issue, path: [...path] });
  const { phone, email: mail } = match;
  const { phones } = contact;
  if (phone && phones.length > 0 && !phones.some(({ number }) => isSameLine(number, phone.number)))
    refuse(["match", "phone"], customIssue("CONFLICT", `Must be a phone of the ${noun}.`));
  if (mail !== "" && contact.email !== "" && foldCase(mail) !== foldCase(contact.email))
    refuse(["match", "email"], customIssue("CONFLICT", `Must be equal to the email address of the ${noun}.`));
  refuseTooMany({ noun, match, record: contact }, context);
}

interface KeyedRecord {
  readonly noun: "customer" | "lead" | "pet" | "sale";
  readonly match: AnyMatch;
  readonly record: Pick<Contact, "externalIds">;
}

/** The external id of the match counts. */
export function refuseTooMany({ noun, match, record }: KeyedRecord, context: z.RefinementCtx): void {
  if (allExternalIds(match, record).length <= maxExternalIds) return;
  const issue = customIssue("TOO_MANY", `Must have at most ${maxExternalIds} items.`);
  context.addIssue({ ...issue, path: [noun, "externalIds"] });
}

/** The record with every key of the match. */
export function withKeys<Record extends Contact & { readonly phone: string }>(
  match: ContactMatch,
  record: Record,
): Record {
  const { phone, email: mail } = match;
  const main = phone ? [{ ...plainPhone(phone.number), ...phone, isMainAlone: true }] : [];
  const phones = record.phones.length > 0 ? record.phones : main;
  return {
    ...{ ...record, phones, phone: phones[0]?.number ?? "", email: record.email || mail },
    externalIds: allExternalIds(match, record),
  };
}

export function allExternalIds({ externalId: own }: AnyMatch, { externalIds }: Pick<Contact, "externalIds">) {
  return own ? joinedExternalIds(externalIds, [own]) : externalIds;
}
