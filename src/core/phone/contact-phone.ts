import { enumeration, type WordOf } from "../enumeration.js";
import { type Violation, violation } from "../errors.js";
import { doubtRefusal, isStored, type PhoneRules } from "./judged-phone.js";
import { phoneForms } from "./numbering-plan.js";

/** Maximum number of phones per customer or lead. */
export const maxPhones = 10;

export const phoneLabels = enumeration("MOBILE", "HOME", "WORK", "OTHER");

export const phoneOwners = enumeration("OWNER", "EMERGENCY_CONTACT", "PICKUP_PERSON");

/** A phone of a customer or lead. The first one of the list is its main phone. */
export interface ContactPhone extends JudgedPhone {
  /** E.164. */
  readonly number: string;
  /** Digits, or empty. */
  readonly extension: string;
  readonly label?: WordOf<typeof phoneLabels>;
  readonly belongsTo: WordOf<typeof phoneOwners>;
  /** Empty if unknown. */
  readonly personName: string;
}

/** A phone of which nothing but the number is known. */
export function plainPhone(number: string): ContactPhone {
  return { number, extension: "", belongsTo: "OWNER", personName: "" };
}

export function isPlain({ extension, label, belongsTo, personName }: ContactPhone): boolean {
  return extension === "" && label === undefined && belongsTo === "OWNER" && personName === "";
}

/** What is to be said of a number in a request. Never stored. */
interface JudgedPhone {
  /** Possible, but not valid in its country. */
  readonly isDoubtful?: boolean;
  /** Why it is refused unless it is stored already. The number can then be any text. */
  readonly refusal?: string;
  /** The request states the main phone and no list. */
  readonly isMainAlone?: boolean;
}

/** A number with its extension, as a request spells them in one text. */
export interface PhoneLine extends JudgedPhone {
  readonly number: string;
  /** Digits, or empty. */
  readonly extension: string;
}

/** The main phone and the list of phones of a request. Either may be absent. */
interface StatedPhones {
  readonly phone?: PhoneLine | undefined;
  readonly phones: readonly ContactPhone[];
}

/** The list that a request states. Its first phone has the extension in the spelling of the main phone. */
export function listOfPhones({ phone, phones: [first, ...others] }: StatedPhones): readonly ContactPhone[] {
  if (!first) return phone ? [{ ...plainPhone(phone.number), ...phone, isMainAlone: true }] : [];
  return [{ ...first, extension: first.extension || (phone?.extension ?? "") }, ...others];
}

/** Whether a request states two main phones. */
export function isContradictory({ phone, phones: [first] }: StatedPhones): boolean {
  if (!phone || !first) return false;
  const extensions = new Set([phone.extension, first.extension].filter((extension) => extension !== ""));
  return phone.number !== first.number || extensions.size > 1;
}

/** The phones of an update that are refused because the record does not have them. */
export function newlyRefused(
  current: readonly ContactPhone[],
  update: PhonesUpdate,
  rules: PhoneRules,
): readonly Violation[] {
  const stated = update.kind === "replace" ? update.phones : [update.phone];
  return stated.flatMap((phone, position) => {
    const refusal = phone && (phone.refusal ?? doubtRefusal(phone, rules));
    if (refusal === undefined || current.some(({ number }) => isStored(phone?.number ?? "", number, rules))) return [];
    const isListed = update.kind === "replace" && !update.isMainAlone;
    return [violation(isListed ? `phones[${position}].number` : "phone", "INVALID_FORMAT", refusal)];
  });
}

/** The phones of a new record that the company refuses. */
export function refusedPhones(phones: readonly ContactPhone[], rules: PhoneRules): readonly Violation[] {
  return phones.flatMap((phone, position) => {
    const refusal = doubtRefusal(phone, rules);
    if (refusal === undefined) return [];
    return [violation(phone.isMainAlone ? "phone" : `phones[${position}].number`, "INVALID_FORMAT", refusal)];
  });
}

/** How an update changes the phones. */
export type PhonesUpdate =
  | {
      readonly kind: "replace";
      readonly phones: readonly ContactPhone[];
      /** Whether the list is made of the main phone of the request. */
      readonly isMainAlone?: boolean;
    }
  /** Changes the main phone alone. Undefined removes it. */
  | { readonly kind: "main"; readonly phone: PhoneLine | undefined };

/**
 * The phones after an update. A new main number keeps what is known of the phone in its place, except for the
 * extension. A number that was further down the list moves to the front.
 */
export function changedPhones(current: readonly ContactPhone[], update: PhonesUpdate): readonly ContactPhone[] {
  if (update.kind === "replace") return update.phones;
  const { phone } = update;
  if (!phone) return [];
  const isIt = ({ number }: PhoneLine) => isSameLine(number, phone.number);
  const known = current.find(isIt);
  const place = known ?? current[0] ?? plainPhone(phone.number);
  const extension = phone.extension || (known?.extension ?? "");
  return [{ ...place, number: phone.number, extension }, ...current.slice(1).filter((other) => !isIt(other))];
}

export function isSameLine(one: string, other: string): boolean {
  return one === other || phoneForms(one).includes(other);
}

export function samePhones(some: readonly ContactPhone[], others: readonly ContactPhone[]): boolean {
  return some.length === others.length && some.every((phone, position) => samePhone(phone, others[position]));
}

function samePhone(phone: ContactPhone, other: ContactPhone | undefined): boolean {
  return (
    phone.number === other?.number &&
    phone.extension === other.extension &&
    phone.label === other.label &&
    phone.belongsTo === other.belongsTo &&
    phone.personName === other.personName
  );
}
