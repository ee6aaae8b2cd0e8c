import { type DescField, type DescMessage, type DescMethodUnary, getOption, ScalarType } from "@bufbuild/protobuf";
import { FieldBehavior, field_behavior } from "../../../src/gen/proto/google/api/field_behavior_pb.js";
import { entryOf } from "../../resources/all-entries.js";
import type { IdFieldException } from "../../resources/tenancy.js";
import { pathFieldsOf } from "../../support/rest-request.js";
import { isIdLike } from "./id-names.js";

/** What a call must answer when one id in it is another tenant's. */
export type Expectation =
  /** PERMISSION_DENIED: the company is not the key's. */
  | "company"
  /** NOT_FOUND: it names what the call is about. */
  | "named"
  /** INVALID_ARGUMENT at the field: the body refers to it. */
  | "reference"
  /** Whatever it is: an id of another system or of a part of the request itself, which no table is asked for. */
  | "outside"
  /** ALREADY_EXISTS: such ids are chosen by platform keys, and are the same for all. */
  | "taken"
  /** PERMISSION_DENIED with this reason: it is beyond what the key may do or give. */
  | "REACH_EXCEEDED"
  | "SCOPE_REQUIRED"
  /** Answered: the caller chooses the id of what it makes, and this one is free in its company. */
  | "free"
  /** Answered as if it were not there: a filter that matches nothing, or what is output only. */
  | "ignored";

export interface IdField {
  /** From the request's message down. */
  readonly fields: readonly DescField[];
  /** `lead.pets.pet_codes.id` */
  readonly path: string;
  /** What it is the id of: `tag`. */
  readonly kind: string | undefined;
  /** The tenant's id, when it is not the one of the kind. */
  readonly id: string | undefined;
  readonly expectation: Expectation;
}

/** Every field of the rpc's request that may hold an id, with what the contract makes of it. */
export function idFieldsOf(method: DescMethodUnary): readonly IdField[] {
  return leavesOf(method.input, [])
    .filter(({ fields }) => mayHoldId(fields))
    .map(({ fields }) => {
      const path = pathOf(fields);
      const kind = kindOf(method, fields);
      const id = exceptionOf(method, fields)?.id;
      return {
        fields,
        path,
        kind,
        id,
        expectation: exceptionOf(method, fields)?.expectation ?? expectationOf(method, fields, path),
      };
    });
}

/** Text fields that no rule knows: neither an id of something known nor one of the plain texts. */
export function unclassified(method: DescMethodUnary): readonly string[] {
  return leavesOf(method.input, [])
    .filter(({ fields }) => {
      if (!mayHoldId(fields)) return !isExternal(fields) && !plainTexts.includes(nameOf(fields));
      return kindOf(method, fields) === undefined && exceptionOf(method, fields) === undefined;
    })
    .map(({ fields }) => `${method.name} ${pathOf(fields)}`);
}

/** Of the RPC, or of the field's name in every RPC. */
function exceptionOf(method: DescMethodUnary, fields: readonly DescField[]): IdFieldException | undefined {
  return entryOf(method).tenancy?.idFields?.[pathOf(fields)] ?? exceptionsByName[nameOf(fields)];
}

const ofOtherSystem = { expectation: "outside", why: "an id of another system, kept as it is given" } as const;

const exceptionsByName: Readonly<Record<string, IdFieldException>> = {
  mobile_van_id: ofOtherSystem,
  appointment_id: ofOtherSystem,
  order_id: ofOtherSystem,
  start_node_id: { expectation: "outside", why: "names a node of the same flow" },
  // Of a condition on a custom field: its id or its code.
  field: { expectation: "reference", why: "the list is asked by a field that must exist", id: "cf_short" },
};

function mayHoldId(fields: readonly DescField[]): boolean {
  const name = nameOf(fields);
  return !isExternal(fields) && (isIdLike(name) || name in exceptionsByName);
}

/** The id of a customer in another system is a text of the customer, as an account is. */
function isExternal(fields: readonly DescField[]): boolean {
  return fields.at(-1)?.parent.typeName === "moego.business.customer.v1.ExternalId";
}

/** The text fields of a request that are no ids. */
export function plainFieldsOf(method: DescMethodUnary): readonly (readonly DescField[])[] {
  return leavesOf(method.input, []).flatMap(({ fields }) => (mayHoldId(fields) ? [] : [fields]));
}

function expectationOf(method: DescMethodUnary, fields: readonly DescField[], path: string): Expectation {
  if (fields.some((field) => getOption(field, field_behavior).includes(FieldBehavior.OUTPUT_ONLY))) return "ignored";
  if (nameOf(fields) === "company_id") return "company";
  if (pathFieldsOf(method).includes(path)) return "named";
  if (path === "id" && /^(Create|Import|Sell)/.test(method.name)) return "free";
  if (path.startsWith("filter.")) return "ignored";
  return "reference";
}

interface Leaf {
  readonly fields: readonly DescField[];
}

/** The text fields of a message and of those in it, however deep; messages of Google hold none of ours. */
function leavesOf(schema: DescMessage, above: readonly DescField[]): Leaf[] {
  return schema.fields.flatMap((field) => {
    const fields = [...above, field];
    const message = messageOf(field);
    if (message) {
      const seen = above.some((known) => messageOf(known)?.typeName === message.typeName);
      return seen || message.typeName.startsWith("google.") ? [] : leavesOf(message, fields);
    }
    return isText(field) ? [{ fields }] : [];
  });
}

export function messageOf(field: DescField): DescMessage | undefined {
  return field.fieldKind === "message" || field.fieldKind === "list" || field.fieldKind === "map"
    ? field.message
    : undefined;
}

function isText(field: DescField): boolean {
  return field.fieldKind !== "message" && field.fieldKind !== "enum" && field.scalar === ScalarType.STRING;
}

function pathOf(fields: readonly DescField[]): string {
  return fields.map(({ name }) => name).join(".");
}

function nameOf(fields: readonly DescField[]): string {
  return fields.at(-1)?.name ?? "";
}

/** The longest noun that the field is named after; an `id` is of the message it stands in. */
function kindOf(method: DescMethodUnary, fields: readonly DescField[]): string | undefined {
  const name = nameOf(fields);
  if (/_by$/.test(name)) return "staff";
  const parent = fields.at(-2);
  const holder = parent && messageOf(parent) ? (messageOf(parent)?.typeName ?? "") : method.name;
  const spelled = /^ids?$/.test(name) ? snake(holder) : name.replace(/_ids?$/, "");
  return nouns.find((noun) => spelled.endsWith(noun)) ?? nouns.find((noun) => spelled.includes(noun));
}

function snake(name: string): string {
  return name.replaceAll(/([a-z])([A-Z])/g, "$1_$2").toLowerCase();
}

/** An id of the tenant for each thing that has ids; its copies are the neighbour's. Longer names first. */
export const idsOfTenant: Readonly<Record<string, string>> = {
  package_template: "pkt_a1",
  referral_source: "ref_a1",
  package_service: "ps_a1",
  action_status: "as_a1",
  pet_coat_type: "pct_a1",
  ledger_entry: "ple_a1",
  custom_field: "cf_short",
  external_api: "xapi_a1",
  organization: "cmp_a",
  appointment: "appointment-1",
  enterprise: "ent_ab",
  mobile_van: "van-1",
  pet_notes: "pxn_a1",
  vip_level: "vip_a1",
  "pet.note": "pxn_a1",
  life_cycle: "lc_a1",
  relation: "cus_a1",
  ivr_flow: "ivr_a1",
  run_flow: "ivr_a1",
  validate_flow: "ivr_a1",
  pet_code: "pc_a1",
  pet_size: "psz_a1",
  pet_type: "pt_a1",
  ref: "cus_a1",
  business: "biz_a1",
  customer_note: "cxn_a1",
  service: "srv_a1",
  customer_tag: "tag_a1",
  package: "pkg_a1",
  customer: "cus_a1",
  template: "pkt_a1",
  address: "addr_a1",
  api_key: "key_a",
  company: "cmp_a",
  staff: "staff_a1",
  merge: "mrg_a1",
  order: "order-1",
  lead: "lcus_a1",
  role: "rol_1",
  note: "cxn_a1",
  tag: "tag_a1",
  pet: "pet_a1",
};

const nouns = Object.keys(idsOfTenant);

/** Texts that name nothing. Whoever adds a field decides whether it holds an id. */
const plainTexts: readonly string[] = [
  ...["abbreviation", "address", "address1", "address2", "allowed_ip_ranges", "allowed_ips", "avatar", "avatar_path"],
  ...["allergies", "feeding", "medication", "microchip", "special_needs"],
  ...["behavior", "breed", "business_phone", "category", "city", "coat", "code", "color", "color_code", "content"],
  ...[
    "country",
    "description",
    "email",
    "language",
    "max",
    "min",
    "name_like",
    "name_prefix",
    "enterprise_name",
    "etag",
    "from_etag",
    "exact_value",
    "extension",
    "facebook",
    "first_name",
    "fixed",
    "google",
  ],
  ...["group", "help_text", "instagram", "label", "last_name", "main_phone_number", "name", "new_group", "nickname"],
  ...[
    "note",
    "number",
    "package_desc",
    "package_name",
    "page_token",
    "person_name",
    "phone",
    "phone_number",
    "photo",
    "postal_code",
    "reason",
    "reference",
  ],
  ...[
    "scopes",
    "source",
    "system",
    "state",
    "string",
    "tel",
    "text",
    "time_zone",
    "upcoming_appointments_url_template",
    "values",
    "wording_version",
  ],
  ...["website", "yelp", "account_id", "third_account_id", "visitor_ids"],
  ...["default_value", "exit", "inputs", "next", "on_failure", "on_not_found", "on_success", "on_timeout", "otherwise"],
  ...[
    "outputs",
    "idempotency_key",
    "timeout_exit",
    "timeout_outputs",
    "params",
    "value",
    "path",
    "secret_value",
    "api_key",
    "webhook_secret",
    "variable",
    "url",
  ],
];
