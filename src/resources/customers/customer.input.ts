import { type JsonObject, type JsonValue, toJson } from "@bufbuild/protobuf";
import { z } from "zod";
import { id, list, omitUndefined, optionalId, singleLineText, text } from "../../api/fields.js";
import { customIssue } from "../../api/parse.js";
import { momentBound } from "../../api/timestamp.js";
import type { Channel } from "../../core/consent.js";
import type { TimeRange } from "../../core/page.js";
import { normalise, noteRule, tagNameRule, textFault } from "../../core/text.js";
import {
  type CustomField_Value,
  CustomField_ValueSchema,
} from "../../gen/proto/moego/business/setting/v1/custom_field_pb.js";
import type { FieldValue } from "../custom-fields/custom-field-values.service.js";
import { maxTagsPerCustomer, type TagReference } from "../setting-lists/tag.model.js";
import type { AddressRecord } from "./customer-store.model.js";

/** Most notes, fields and filter values of one call. */
export const maxNotesPerCall = 50;
const maxFieldsPerCall = 200;
export const maxFilterValues = 100;

/** `{id}` names an existing tag, what stands beside it is ignored; `{name}` finds or creates one. */
const tagReference = z
  .object({ id: optionalId, name: z.string(), group: z.string(), archived: z.boolean() })
  .transform((tag, context): TagReference => {
    if (tag.id !== "") return { id: tag.id };
    const name = normalise(tag.name, tagNameRule);
    const fault = textFault(name, tagNameRule);
    if (fault) context.addIssue({ ...customIssue(fault.reason, fault.description), path: ["name"] });
    for (const field of ["group", "archived"] as const) {
      if (tag[field])
        context.addIssue({ ...customIssue("NOT_ALLOWED", "Must not be set in this request."), path: [field] });
    }
    return { name };
  });

export const tagReferences = list(tagReference, maxTagsPerCustomer);

/** A note of a new customer or an append: it has no id yet. Its times and author are ours and ignored. */
export const newNotes = list(
  z
    .object({ id: z.string(), note: text(noteRule) })
    .superRefine((note, context) => {
      if (note.id !== "")
        context.addIssue({
          ...customIssue("NOT_ALLOWED", "Must be empty for a new note; the server assigns the id."),
          path: ["id"],
        });
    })
    .transform(({ note }) => note),
  maxNotesPerCall,
);

/** A note of an update: with an id an existing one, without a new one. */
export const notesUpdate = list(
  z
    .object({ id: optionalId, note: text(noteRule) })
    .transform(({ id: noteId, note }) => (noteId === "" ? { note } : { id: noteId, note })),
  maxNotesPerCall,
);

const coordinate = z.object({ latitude: degrees(90), longitude: degrees(180) });

function degrees(limit: number) {
  return z.number().superRefine((value, context) => {
    if (!(Math.abs(value) <= limit))
      context.addIssue(customIssue("OUT_OF_RANGE", `Must be from -${limit} to ${limit} degrees.`));
  });
}

/** An address; the type is PRIMARY unless it is said. */
export const address = z
  .object({
    id: optionalId,
    address1: singleLineText,
    address2: singleLineText,
    city: singleLineText,
    state: singleLineText,
    postalCode: singleLineText,
    country: singleLineText,
    coordinate: coordinate.optional(),
    type: enumNumber(2),
  })
  .transform(({ id: addressId, type, coordinate: point, ...lines }) => {
    const record: AddressRecord = {
      ...lines,
      type: type === 2 ? "SECONDARY" : "PRIMARY",
      ...(point ? { coordinate: { latitude: point.latitude, longitude: point.longitude } } : {}),
    };
    return { id: addressId, record, typed: type !== 0 };
  });

export type ParsedAddress = z.output<typeof address>;

/** The number of an enum value that the contract knows. proto3 enums are open, so any number can arrive. */
export function enumNumber(max: number) {
  return z.number().superRefine((value, context) => {
    if (value < 0 || value > max) context.addIssue(customIssue("NOT_ALLOWED", "Must be a value of the enum."));
  });
}

export const preference = z.object({
  receiveAutoMessage: z.boolean(),
  receiveAutoEmail: z.boolean(),
  subscribeToMarketingEmails: z.boolean(),
  receiveAppointmentReminder: z.boolean(),
});

/** By number in ComplianceChannel. */
const channelNames: readonly (Channel | undefined)[] = [undefined, "SMS", "EMAIL", "AUTO_CALL"];

/** There are three channels; who repeats them for whatever reason may do so this far. */
const maxChannelsGiven = 100;

/** Channels, each once. */
export const channelList = list(
  z.number().transform((number, context): Channel => {
    const channel = channelNames[number];
    if (channel) return channel;
    context.addIssue(
      customIssue(
        "NOT_ALLOWED",
        "Must be COMPLIANCE_CHANNEL_SMS, COMPLIANCE_CHANNEL_EMAIL or COMPLIANCE_CHANNEL_AUTO_CALL.",
      ),
    );
    return z.NEVER;
  }),
  maxChannelsGiven,
).transform((given): readonly Channel[] => [...new Set(given)]);

const channels = z
  .object({
    channels: channelList,
  })
  .transform((message) => message.channels);

/** The write shape of compliance: absent = kept, an empty list clears. */
export const consentChange = z
  .object({
    serviceRelatedChannels: channels.optional(),
    marketingCampaignsChannels: channels.optional(),
    brandedAppEnabled: z.boolean().optional(),
    isAgreedMarketingPolicy: z.boolean().optional(),
    isConsented: z.boolean().optional(),
  })
  .transform(omitUndefined);

/** `{id}` of a referral source; a name beside it is ignored, a name alone is refused. */
export const referralSource = z.object({ id });

/** The code of a field, or the key of a value that a promoted lead left beside the customer's fields. */
const fieldKey = /^(?:lead:)?[A-Za-z0-9_.-]{1,64}$/;

/** Custom field values in their proto JSON form, by code. */
export const customFields = z.record(z.string(), z.custom<CustomField_Value>()).transform((values, context) => {
  const entries = Object.entries(values);
  if (entries.length > maxFieldsPerCall) {
    context.addIssue(customIssue("TOO_MANY", `Must have at most ${maxFieldsPerCall} custom fields.`));
    return z.NEVER;
  }
  const result: Record<string, FieldValue> = {};
  for (const [code, value] of entries) {
    const json = fieldKey.test(code) ? toFieldValue(value) : undefined;
    if (json) result[code] = json;
    else context.addIssue({ ...customIssue("INVALID_FORMAT", "Must be a valid custom field value."), path: [code] });
  }
  return result;
});

/** The proto JSON form of a value; undefined when it has none. */
export function toFieldValue(value: CustomField_Value): FieldValue | undefined {
  try {
    const json = toJson(CustomField_ValueSchema, value, { alwaysEmitImplicit: true });
    return isJsonObject(json) ? json : undefined;
  } catch {
    // A timestamp out of range has no JSON form.
    return undefined;
  }
}

function isJsonObject(json: JsonValue): json is JsonObject {
  return typeof json === "object" && json !== null && !Array.isArray(json);
}

/** A google.type.Interval, half-open; start after end is refused. */
export const interval = z
  .object({ startTime: momentBound.optional(), endTime: momentBound.optional() })
  .transform(({ startTime: start, endTime: end }, context): TimeRange => {
    if (start && end && start > end)
      context.addIssue(customIssue("CONFLICT", "start_time must not be after end_time."));
    return { ...(start ? { start } : {}), ...(end ? { end } : {}) };
  });
