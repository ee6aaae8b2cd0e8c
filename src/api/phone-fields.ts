import type { MessageInitShape } from "@bufbuild/protobuf";
import { z } from "zod";
import { type ViolationReason, violation } from "../core/errors.js";
import {
  type ContactPhone,
  isContradictory,
  isSameLine,
  listOfPhones,
  maxPhones,
  type PhoneLine,
  type PhonesUpdate,
  phoneLabels,
  phoneOwners,
  plainPhone,
} from "../core/phone/contact-phone.js";
import { judgePhone, type PhoneRules } from "../core/phone/judged-phone.js";
import { phoneStanding } from "../core/phone/phone-standing.js";
import type { Principal } from "../core/principal.js";
import { warningHeader } from "../core/response-header.js";
import { nameRule } from "../core/text.js";
import {
  ContactPhone_BelongsToSchema,
  ContactPhone_LabelSchema,
  type ContactPhoneSchema,
} from "../gen/proto/moego/business/customer/v1/contact_phone_pb.js";
import type { UpdateMask } from "./field-mask.js";
import { list, text } from "./fields.js";
import { customIssue } from "./parse.js";
import { type JudgePhone, phoneLine, refuseImpossible } from "./phone-line.js";
import { protoEnum } from "./proto-enum.js";
import type { Context } from "./rpc.js";

const phoneLabel = protoEnum(ContactPhone_LabelSchema, phoneLabels);
const phoneOwner = protoEnum(ContactPhone_BelongsToSchema, phoneOwners);

/** Maximum number of digits of an extension. */
const maxExtensionDigits = 20;

const extension = z.string().superRefine((value, context) => {
  if (/^\d*$/.test(value) && value.length <= maxExtensionDigits) return;
  context.addIssue(customIssue("INVALID_FORMAT", `Must have only digits, at most ${maxExtensionDigits}.`));
});

function contactPhone(country: string, judge: JudgePhone) {
  return z
    .object({
      number: phoneLine(country, judge),
      extension,
      label: phoneLabel.optional,
      belongsTo: phoneOwner.withDefault("OWNER"),
      personName: text({ ...nameRule, min: 0 }),
    })
    .transform(({ number: line, label, ...same }, context): ContactPhone => {
      if (same.extension !== "" && line.extension !== "" && same.extension !== line.extension) {
        const issue = customIssue("CONFLICT", "Must be empty or equal to the extension in number.");
        context.addIssue({ ...issue, path: ["extension"] });
      }
      const dialed = { ...line, extension: same.extension || line.extension };
      return { ...same, ...dialed, ...(label ? { label } : {}) };
    });
}

/** The phones of a request, each line once. */
export function contactPhones(country: string, judge: JudgePhone = refuseImpossible) {
  return list(contactPhone(country, judge), maxPhones).superRefine((phones, context) => {
    for (const [position, { number }] of phones.entries()) {
      if (phones.slice(0, position).some((earlier) => isSameLine(earlier.number, number))) {
        const issue = customIssue("DUPLICATE_FIELD", "Must be unique in the list.");
        context.addIssue({ ...issue, path: [position, "number"] });
      }
    }
  });
}

const mainPhonePath = ["phones", 0, "number"];
const mainPhoneConflict = "Must be equal to phone if both are set.";

/** Arguments of `refine` for the rule that a request states one main phone. One without a record is refused elsewhere. */
export function singleMainPhoneRule(): RefineArguments {
  return [
    (request) => !request || !isContradictory(request),
    {
      ...{ path: mainPhonePath, error: mainPhoneConflict, params: { reason: "CONFLICT" } },
      // Runs even if other fields are invalid, so that all violations are reported at once.
      when: ({ issues }) => !issues.some(({ path }) => path?.[0] === "phone" || path?.[0] === "phones"),
    },
  ];
}

/**
 * The same rule for a request that clears `phone` by its mask: a list that is not empty then states another main phone.
 *
 * @param holder the request, or the resource in it at `within`
 */
export function withSingleMainPhone(
  mask: UpdateMask,
  holder: { readonly phone?: string | undefined; readonly phones: readonly unknown[] },
  within = "",
): UpdateMask {
  const clears = mask.explicit && mask.writes("phone") && (holder.phone ?? "").trim() === "";
  if (!clears || !mask.writes("phones") || holder.phones.length === 0) return mask;
  const conflict = violation(`${within}phones[0].number`, "CONFLICT", mainPhoneConflict);
  return { ...mask, violations: [...mask.violations, conflict] };
}

type RefineArguments = [
  isMet: (request?: StatedPhones) => boolean,
  options: {
    path: (string | number)[];
    error: string;
    params: { reason: ViolationReason };
    when: (parsed: { readonly issues: readonly { readonly path?: readonly PropertyKey[] | undefined }[] }) => boolean;
  },
];

interface StatedPhones {
  readonly phone?: PhoneLine | undefined;
  readonly phones: readonly ContactPhone[];
}

/** The phones of a new record, and its main phone. */
export function newPhones(stated: StatedPhones) {
  const phones = listOfPhones(stated);
  return { phone: phones[0]?.number ?? "", phones };
}

/** How the request changes the phones. Undefined if the mask writes neither the main phone nor the list. */
export function phonesUpdate({ phone, phones }: StatedPhones, mask: UpdateMask): PhonesUpdate | undefined {
  const main = mask.writes("phone") ? phone : undefined;
  if (mask.writes("phones"))
    return { kind: "replace", phones: listOfPhones({ phone: main, phones }), isMainAlone: phones.length === 0 };
  return mask.writes("phone") ? { kind: "main", phone: main } : undefined;
}

/** The phones of a request that is refused for other fields, as changes that it would make. */
export function statedPhones(
  { phone, phones }: { readonly phone?: string | undefined; readonly phones: readonly { readonly number: string }[] },
  mask: UpdateMask,
  country: string,
): readonly PhonesUpdate[] {
  // One that is blank is refused as absent.
  const judged = (raw: string) =>
    raw.trim() === "" ? plainPhone("") : { ...plainPhone(""), ...judgePhone(raw, country) };
  const listed = phones.length > maxPhones ? [] : phones.map(({ number }) => judged(number));
  const main = phone === undefined ? undefined : judged(phone);
  const update = phonesUpdate({ phone: main, phones: listed }, mask);
  if (!update) return [];
  // Beside a list the main phone is not stored, but it has to be a number.
  const isBesideList = main !== undefined && listed.length > 0 && mask.writes("phone") && update.kind === "replace";
  return isBesideList ? [{ kind: "main", phone: main }, update] : [update];
}

/** The rules of a company that the principal can access. Of another one, only impossible numbers are refused. */
export function phoneRulesOf({ companies }: Principal, companyId: string): PhoneRules {
  return companies.get(companyId) ?? { country: "", refusesDoubtfulPhones: false };
}

/** A number beside the phones of a customer or lead, with its field. */
interface OtherNumber {
  readonly field: string;
  readonly given: string | undefined;
}

/** Tells the client about numbers that are not valid in their country, by the header `moego-warning`. */
export function warnOfPhones(
  { setHeader }: Pick<Context, "setHeader">,
  phones: readonly (PhoneLine | undefined)[],
  others: readonly OtherNumber[] = [],
) {
  const doubtful = [...doubtfulPhones(phones), ...doubtfulNumbers(others)];
  if (doubtful.length > 0) setHeader(warningHeader, `PHONE_NOT_VALID ${doubtful.join(" ")}`);
}

/** The paths of numbers that are not valid in their country. */
export function doubtfulPhones(phones: readonly (PhoneLine | undefined)[]): readonly string[] {
  return phones.flatMap((phone, position) => (phone?.isDoubtful ? [`phones[${position}].number`] : []));
}

/** The same of numbers beside them. */
export function doubtfulNumbers(others: readonly OtherNumber[]): readonly string[] {
  return others.flatMap(({ field, given = "" }) => (phoneStanding(given) === "doubtful" ? [field] : []));
}

/** The same for an update. */
export function warnOfUpdate(
  context: Pick<Context, "setHeader">,
  update: PhonesUpdate | undefined,
  others: readonly OtherNumber[] = [],
) {
  warnOfPhones(context, update?.kind === "replace" ? update.phones : [update?.phone], others);
}

export function toProtoPhone(phone: ContactPhone): MessageInitShape<typeof ContactPhoneSchema> {
  return {
    number: phone.number,
    extension: phone.extension,
    label: phoneLabel.toProto(phone.label),
    belongsTo: phoneOwner.toProto(phone.belongsTo),
    personName: phone.personName,
  };
}
