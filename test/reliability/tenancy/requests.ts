import { clone, type DescField, type DescMessage, type Message } from "@bufbuild/protobuf";
import { type ReflectMessage, reflect } from "@bufbuild/protobuf/reflect";
import { messageOf } from "./id-fields.js";

/** Makes a text of the one that stands in the field, if any does. */
export type Change = (present: string | undefined) => string;

/** A copy of the request with the text at the path changed; what is missing on the way is made. */
export function withText(schema: DescMessage, request: Message, fields: readonly DescField[], change: Change): Message {
  const copy = reflect(schema, clone(schema, request));
  setText(copy, fields, change);
  return copy.message;
}

function setText(message: ReflectMessage, fields: readonly DescField[], change: Change): void {
  const [field, ...below] = fields;
  if (!field) return;
  const schema = messageOf(field);
  if (field.fieldKind === "scalar") {
    const present = message.isSet(field) ? message.get(field) : undefined;
    message.set(field, change(typeof present === "string" && present !== "" ? present : undefined));
  } else if (field.fieldKind === "message") {
    const child = message.isSet(field) ? message.get(field) : sampleOf(field.message);
    setText(child, below, change);
    message.set(field, child);
  } else if (field.fieldKind === "list") {
    const list = message.get(field);
    if (field.listKind === "message") {
      const first = list.get(0);
      const child = isReflected(first) ? first : sampleOf(field.message);
      setText(child, below, change);
      if (list.size === 0) list.add(child);
      else list.set(0, child);
    } else {
      const first = list.get(0);
      const text = change(typeof first === "string" ? first : undefined);
      if (list.size === 0) list.add(text);
      else list.set(0, text);
    }
  } else if (field.fieldKind === "map" && schema) {
    const child = sampleOf(schema);
    setText(child, below, change);
    message.get(field).set("field_relation", child);
  } else if (field.fieldKind === "map") {
    message.get(field).set("tel", change(undefined));
  }
}

function isReflected(value: unknown): value is ReflectMessage {
  return typeof value === "object" && value !== null && "desc" in value && "message" in value;
}

/** A part of a request that lacks nothing that is required. */
function sampleOf(schema: DescMessage): ReflectMessage {
  const message = reflect(schema);
  for (const [name, value] of Object.entries(samples[schema.typeName] ?? {})) {
    const field = schema.fields.find((known) => known.name === name);
    if (!field) throw new Error(`${schema.typeName} has no field ${name}`);
    message.set(field, value);
  }
  return message;
}

const samples: Readonly<Record<string, Readonly<Record<string, string | number>>>> = {
  "moego.business.customer.v1.ExternalId": { system: "crm", id: "1" },
  "moego.business.customer.v1.Pet": { name: "Bella", type: 2, breed: "Beagle" },
  "moego.business.customer.v1.Customer.Note": { note: "Text" },
  "moego.business.customer.v1.Pet.Note": { content: "Text" },
  "moego.business.setting.v1.CustomerTag": { name: "VIP" },
  "moego.business.staff.v1.Role": { name: "Groomer" },
  "moego.business.customer.v1.Address": { address1: "1 First St" },
  "moego.callcenter.v1.ExternalApiNode": { on_success: "done", on_failure: "done", on_timeout: "done" },
  "moego.admin.v1.MovePackageRequest.Item": { quantity: 1 },
  "moego.admin.v1.PackageTemplate.Item": { quantity: 1 },
  "moego.auth.apikey.v1.Organization": { type: 2 },
  "moego.business.setting.v1.CustomField.Value.Relation": { entity: 1 },
};
