import { clone, type DescField, type DescMessage, type MessageShape, ScalarType } from "@bufbuild/protobuf";
import { isReflectMessage, type ReflectMessage, reflect } from "@bufbuild/protobuf/reflect";
import { oddText, type TextKind } from "./odd-text.js";
import type { Random } from "./run.js";

/** Fields by name that hold no free text: they name, choose or count something, or are written by the server. */
const notTexts =
  /(^|_)ids?$|^(color|color_code|(from_)?etag|country|time_zone|currency_code|code|scopes|allowed_ip_ranges|allowed_ips|upcoming_appointments_url_template|created_by|last_updated_by|phone|phone_number|business_phone|fixed|tel|next|otherwise|on_[a-z_]+|variable|outputs|path|params|inputs|url|timeout_outputs|idempotency_key)$/;

/** The same, by field. */
const otherwise: Readonly<Record<string, TextKind | false>> = {
  "moego.common.v1.Address.country": "name",
  "moego.admin.v1.RedeemPackageRequest.appointment_id": "name",
  "moego.admin.v1.RedeemPackageRequest.order_id": "name",
  "moego.callcenter.v1.LinkAccountRequest.account_id": "name",
  "moego.callcenter.v1.UpdateCallerProfileRequest.visitor_ids": "name",
  "moego.business.customer.v1.ExternalId.system": false,
  "moego.business.customer.v1.ExternalId.id": "name",
  // Must be the one of the customer or lead.
  "moego.admin.v1.CustomerMatch.email": false,
  "moego.admin.v1.LeadMatch.email": false,
  "moego.business.customer.v1.ContactPhone.number": false,
  "moego.business.customer.v1.ContactPhone.extension": false,
  // Says which group, and the new name stands beside it.
  "moego.admin.v1.RenameTagGroupRequest.group": false,
  "moego.business.setting.v1.CustomerTag.group": false,
  // Chosen by id.
  "moego.business.setting.v1.ReferralSource.name": false,
  "moego.business.setting.v1.LifeCycle.name": false,
  "moego.business.setting.v1.ActionStatus.name": false,
  "moego.business.setting.v1.PetCode.abbreviation": false,
  "moego.business.setting.v1.PetCode.description": false,
  "moego.admin.v1.PackageTemplate.Service.name": false,
  // An id, a language tag, and the id of a staff member.
  "moego.business.customer.v1.ConsentEvidence.wording_version": false,
  "moego.business.customer.v1.ConsentEvidence.language": false,
  "moego.business.customer.v1.ConsentProvenance.recorded_by": false,
  // A decimal number.
  "moego.common.v1.Weight.exact_value": false,
  // A value for the other members, by the type of the field.
  "moego.business.setting.v1.CustomField.Value.text": false,
  // Options of a field.
  "moego.business.setting.v1.CustomField.Value.StringList.values": false,
  // Stored as hashes, so that nobody can read them back.
  "moego.admin.v1.RecordOptOutRequest.email": false,
  "moego.admin.v1.RecordOptInRequest.email": false,
  // Only compared.
  "moego.admin.v1.CheckConsentRequest.email": false,
  // Visible ASCII, since they become headers and names of variables.
  "moego.admin.v1.SetStripeKeysRequest.api_key": false,
  "moego.admin.v1.SetStripeKeysRequest.webhook_secret": false,
  "moego.callcenter.v1.HeaderParam.name": false,
  "moego.callcenter.v1.HeaderParam.value": false,
  "moego.callcenter.v1.HeaderParam.secret_value": false,
  "moego.callcenter.v1.RequestParam.name": false,
  "moego.callcenter.v1.OutputParam.name": false,
  "moego.callcenter.v1.FlowInput.name": false,
  "moego.callcenter.v1.CustomerQueryNode.email": false,
};

const multiline = /^(note|content|help_text|package_desc)$/;
const links = /^(avatar|avatar_path|photo|website)$/;

/** What text the field takes, if it takes any. */
export function textKindOf(field: DescField): TextKind | undefined {
  if (field.scalar !== ScalarType.STRING || field.fieldKind === "map") return undefined;
  const special = otherwise[nameOf(field)];
  if (special !== undefined) return special || undefined;
  if (notTexts.test(field.name)) return undefined;
  if (field.name === "email") return "email";
  if (links.test(field.name)) return "url";
  return multiline.test(field.name) ? "note" : "name";
}

/** Values that are handed on as they stand, not texts to be read. */
const verbatim = /^moego\.callcenter\.v1\.(RequestParam|OutputParam)\.default_value$/;

/** A text field, what was written into it, and what must be read of it. */
export interface Written {
  readonly field: string;
  readonly text: string;
  readonly stored: string;
}

/** A copy with an odd text in every text field of every message that is there. */
export function withOddTexts<D extends DescMessage>(schema: D, message: MessageShape<D>, random: Random) {
  const copy = clone(schema, message);
  const written: Written[] = [];
  fill(reflect(schema, copy), random, written);
  return { message: copy, written };
}

/** Every text field of the messages that can be sent to an rpc. */
export function textFieldsOf(schema: DescMessage, seen = new Set<DescMessage>()): string[] {
  if (seen.has(schema) || schema.typeName.startsWith("google.")) return [];
  seen.add(schema);
  return schema.fields.flatMap((field) => {
    if (field.message) return textFieldsOf(field.message, seen);
    return textKindOf(field) ? [nameOf(field)] : [];
  });
}

function fill(message: ReflectMessage, random: Random, written: Written[]): void {
  for (const field of message.fields) {
    if (field.message) for (const child of childrenOf(message, field)) fill(child, random, written);
    const kind = textKindOf(field);
    // A member of a oneof stands in for the others.
    if (!kind || (field.oneof && !message.isSet(field))) continue;
    const text = oddText(kind, random);
    const name = nameOf(field);
    written.push({ field: name, text, stored: verbatim.test(name) ? text : text.normalize("NFC").trim() });
    if (field.fieldKind === "list") message.get(field).add(text);
    else message.set(field, text);
  }
}

function childrenOf(message: ReflectMessage, field: DescField): ReflectMessage[] {
  if (field.fieldKind === "list" && field.listKind === "message") return [...message.get(field)].flatMap(asMessage);
  if (field.fieldKind === "map") return [...message.get(field)].flatMap(([, value]) => asMessage(value));
  return field.fieldKind === "message" && message.isSet(field) ? asMessage(message.get(field)) : [];
}

function asMessage(value: unknown): ReflectMessage[] {
  return isReflectMessage(value) ? [value] : [];
}

function nameOf(field: DescField): string {
  return `${field.parent.typeName}.${field.name}`;
}
