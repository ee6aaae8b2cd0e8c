import type { Channel } from "./consent.js";
import { enumeration, type WordOf } from "./enumeration.js";
import { isSameLine } from "./phone/contact-phone.js";
import { foldCase } from "./text.js";

export const lineKinds = enumeration("PHONE", "EMAIL");

/** A phone number in E.164 or an email address, of one person or of several. */
export interface ContactLine {
  readonly kind: WordOf<typeof lineKinds>;
  readonly value: string;
}

/** The channels that reach a line. An opt-out of a line is about these alone. */
export const channelsOfLine = {
  PHONE: ["SMS", "AUTO_CALL"],
  EMAIL: ["EMAIL"],
} as const satisfies Record<ContactLine["kind"], readonly Channel[]>;

export interface Reachable {
  readonly phones: readonly { readonly number: string }[];
  readonly email: string;
}

/** All numbers and the email address of a customer or lead. */
export function linesOf({ phones, email }: Reachable): readonly ContactLine[] {
  return [
    ...phones.map(({ number: value }) => ({ kind: "PHONE" as const, value })),
    ...(email === "" ? [] : [{ kind: "EMAIL" as const, value: email }]),
  ];
}

/** Whether a customer or lead has the number in any of its forms, or the email address in upper or lower case. */
export function hasLine({ phones, email }: Reachable, { kind, value }: ContactLine): boolean {
  if (kind === "EMAIL") return foldCase(email) === foldCase(value);
  return phones.some(({ number }) => isSameLine(number, value) || isSameLine(value, number));
}
