import fc from "fast-check";
import { storedOf } from "./contact-parts.js";
import type { Expected } from "./learned.js";
import type { Fault } from "./outcome.js";
import { maybe, type Sample } from "./samples.js";

/** A phone of a customer or lead. The first one of the list is the main phone. */
export interface Phone {
  readonly number: string;
  readonly extension: string;
  readonly label: string;
  readonly belongsTo: string;
  readonly personName: string;
}

/** A phone to send, with the number and extension that its spelling means. */
export interface SentPhone {
  readonly sent: string;
  readonly stored: Phone;
}

const spellings = [
  ...[["+12125550101", ""] as const, ["(212) 555-0102", ""] as const, ["212-555-0103", "7"] as const],
  ...[["+1 212 555 0104", "12"] as const],
];
const e164 = (text: string) => `+1${text.replaceAll(/\D/g, "").replace(/^1/, "")}`;

const phone: fc.Arbitrary<SentPhone> = fc
  .record({
    spelling: fc.constantFrom(...spellings),
    label: fc.constantFrom("LABEL_UNSPECIFIED", "MOBILE", "WORK"),
    belongsTo: fc.constantFrom("OWNER", "EMERGENCY_CONTACT", "PICKUP_PERSON"),
    personName: fc.constantFrom("", "Bea"),
  })
  .map(({ spelling: [sent, extension], ...same }) => ({ sent, stored: { number: e164(sent), extension, ...same } }));

/** Mostly none, as most requests have. */
export const phoneLists = maybe(
  fc.uniqueArray(phone, { minLength: 1, maxLength: 3, selector: ({ stored }) => stored.number }),
  3,
);

export function sentPhones(list: readonly SentPhone[] | undefined) {
  return list ? { phones: list.map(({ sent, stored }) => ({ ...stored, number: sent })) } : {};
}

/** Two main phones that differ. A main phone that cannot be read is reported alone. */
export function mainPhoneFaults(
  main: Sample | undefined,
  list: readonly SentPhone[] | undefined,
  within = "",
): readonly Fault[] {
  if (!main || "fault" in main || main.stored === "" || !list?.[0]) return [];
  const isSame = list[0].stored.number === main.stored;
  return isSame ? [] : [{ field: `${within}phones[0].number`, reason: "CONFLICT" }];
}

/** The main phone of an update, unless it cannot be read: that is judged by what is stored. */
export function readable(main: Sample | undefined): Sample | undefined {
  return main && "fault" in main && main.fault !== "REQUIRED" ? undefined : main;
}

/** A main phone that cannot be read differs from every list beside it. */
export function unreadableBesideList(
  main: Sample | undefined,
  list: readonly SentPhone[] | undefined,
  within = "",
): readonly Fault[] {
  return main !== readable(main) && list?.[0] ? [{ field: `${within}phones[0].number`, reason: "CONFLICT" }] : [];
}

/** A main phone that cannot be read and is not stored. */
export function unreadableMain(writes: Writes, main: Sample | undefined, within = ""): readonly Fault[] {
  return main !== readable(main) && writes("phone") ? [{ field: `${within}phone`, reason: "INVALID_FORMAT" }] : [];
}

interface Update {
  readonly main: Sample | undefined;
  readonly list: readonly SentPhone[] | undefined;
}

/** A mask that clears the main phone, beside a list. */
export function clearedMainFaults(
  { mask, main, list }: Update & { readonly mask: readonly string[] | undefined },
  within = "",
): readonly Fault[] {
  const clears = mask?.includes("phone") && mask.includes("phones") && !main?.sent.trim();
  return clears && list ? [{ field: `${within}phones[0].number`, reason: "CONFLICT" }] : [];
}

type Writes = (path: string) => boolean;

/** The main phone of a lead is not cleared while it has others. */
export function lostPhoneFaults(
  before: readonly Phone[],
  { writes, main }: { readonly writes: Writes; readonly main: Sample | undefined },
): readonly Fault[] {
  const clears = writes("phone") && !writes("phones") && !main?.sent;
  return clears && before.length > 1 ? [{ field: "lead.phone", reason: "CONFLICT" }] : [];
}

export function editedPhones(before: readonly Phone[], { writes, main, list }: Update & { readonly writes: Writes }) {
  const number = main && writes("phone") ? storedOf(main) : "";
  if (writes("phones")) return listed(number, list);
  return writes("phone") ? withMain(before, number) : before;
}

/** The phones of a new record, or of one whose whole list is written. */
export function listed(main: string, list: readonly SentPhone[] | undefined): readonly Phone[] {
  if (list?.[0]) return list.map(({ stored }) => stored);
  return main === "" ? [] : [{ ...unknown, number: main }];
}

/** A new main phone takes the place of the old one and what is known of it; one of the list moves to the front. */
function withMain(before: readonly Phone[], main: string): readonly Phone[] {
  if (main === "") return [];
  const known = before.find(({ number }) => number === main);
  const [first = unknown, ...others] = before;
  const place = known ?? { ...first, extension: "" };
  return [{ ...place, number: main }, ...others.filter(({ number }) => number !== main)];
}

const unknown = { extension: "", label: "LABEL_UNSPECIFIED", belongsTo: "OWNER", personName: "" };

export function mainOf(phones: readonly Phone[]): string {
  return phones[0]?.number ?? "";
}

export function phonesView(phones: readonly Phone[]): Expected {
  return phones.map((one) => ({ ...one }));
}
