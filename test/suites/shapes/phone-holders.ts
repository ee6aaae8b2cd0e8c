import type { Received, Sent } from "./shape.js";

/** A record that stores a phone. */
interface PhoneHolder {
  readonly create: (phone: string) => Sent;
  /** Of a record as its create returned it. */
  readonly update: (made: Received["json"], phone: string, beside?: object) => Sent;
  /** A member beside the phone that holds a URL, with its field in violations of an update. */
  readonly link: readonly [member: string, field: string];
  readonly phoneOf: (json: Received["json"]) => unknown;
  /** The column with the id of its row. */
  readonly column: (made: Received["json"]) => { readonly table: string; readonly name: string; readonly id: string };
  /** Fields in violations of a create and of an update. */
  readonly fields: readonly [inCreate: string, inUpdate: string];
  /** In warnings, if it is another one. */
  readonly warned?: string;
}

const named = { companyId: "cmp_a", firstName: "Ann", lastName: "Lee" };
const dog = { name: "Rex", type: "DOG", breed: "Beagle" };
const vet = (phoneNumber: string) => ({ vet: { name: "Dr. Vet", phoneNumber } });
const ofPet = (id: string) => ({ table: "pet", name: "vet_phone", id });
const place = "admin/companies/cmp_a";

const location = (member: string, column: string): PhoneHolder => ({
  create: (phone) => ({ to: `${place}/businesses`, body: { name: "Shop", [member]: phone } }),
  update: ({ business }, phone, beside) => ({
    ...{ verb: "PUT", to: `${place}/businesses/${business.id}`, body: { name: "Shop 2", [member]: phone, ...beside } },
  }),
  link: ["website", "website"],
  phoneOf: ({ business }) => business[member],
  column: ({ business }) => ({ table: "business", name: column, id: business.id }),
  fields: [column, column],
});

export const phoneHolders: Readonly<Record<string, PhoneHolder>> = {
  "a customer": {
    create: (phone) => ({ to: "customers", body: { ...named, preferredBusinessId: "biz_a1", phone } }),
    update: ({ id }, phone, beside) => ({
      ...{ verb: "PUT", to: `customers/${id}`, body: { companyId: "cmp_a", phone, ...beside } },
    }),
    link: ["avatarPath", "avatar_path"],
    phoneOf: ({ phone }) => phone,
    column: ({ id }) => ({ table: "customer", name: "phone", id }),
    fields: ["phone", "phone"],
    warned: "phones[0].number",
  },
  "the emergency contact of a customer": {
    create: (number) => ({
      to: "customers",
      body: {
        ...{ ...named, preferredBusinessId: "biz_a1" },
        phones: [{ number: "+12125550140" }, { number, belongsTo: "EMERGENCY_CONTACT" }],
      },
    }),
    update: ({ id }, number, beside) => ({
      ...{ verb: "PUT", to: `customers/${id}` },
      body: {
        companyId: "cmp_a",
        phones: [{ number: "+12125550140" }, { number, belongsTo: "EMERGENCY_CONTACT" }],
        ...beside,
      },
    }),
    link: ["avatarPath", "avatar_path"],
    phoneOf: ({ phones }) => phones[1].number,
    column: ({ id }) => ({ table: "customer_phone", name: "number", id }),
    fields: ["phones[1].number", "phones[1].number"],
  },
  "a lead": {
    create: (phone) => ({ to: "leads", body: { lead: { ...named, phone } } }),
    update: ({ id }, phone, beside) => ({ verb: "PUT", to: `leads/${id}`, body: { lead: { phone, ...beside } } }),
    link: ["avatar", "lead.avatar"],
    phoneOf: ({ phone }) => phone,
    column: ({ id }) => ({ table: "lead", name: "phone", id }),
    fields: ["lead.phone", "lead.phone"],
    warned: "phones[0].number",
  },
  "the vet of a customer's pet": {
    create: (phone) => ({ to: "customers/cus_a1/pets", body: { pet: { ...dog, ...vet(phone) } } }),
    update: ({ pet }, phone, beside) => ({
      ...{ verb: "PUT", to: `customers/cus_a1/pets/${pet.id}`, body: { ...vet(phone), ...beside } },
    }),
    link: ["photo", "photo"],
    phoneOf: (json) => (json.pet ?? json).vet.phoneNumber,
    column: ({ pet }) => ofPet(pet.id),
    fields: ["pet.vet.phone_number", "vet.phone_number"],
  },
  "the vet of a lead's pet": {
    create: (phone) => ({
      to: "leads",
      body: { lead: { ...named, phone: "+12125550142", pets: [{ ...dog, ...vet(phone) }] } },
    }),
    update: ({ id, pets }, phone, beside) => ({
      ...{ verb: "PUT", to: `leads/${id}`, body: { lead: { pets: [{ id: pets[0].id, ...vet(phone), ...beside }] } } },
    }),
    link: ["photo", "lead.pets[0].photo"],
    phoneOf: ({ pets }) => pets[0].vet.phoneNumber,
    column: ({ pets }) => ofPet(pets[0].id),
    fields: ["lead.pets[0].vet.phone_number", "lead.pets[0].vet.phone_number"],
    warned: "pets[0].vet.phone_number",
  },
  "a location": location("phone", "phone"),
  "the front desk of a location": location("businessPhone", "business_phone"),
  "a staff member": {
    create: (phone) => ({ to: `${place}/staffs`, body: { firstName: "Ann", phone } }),
    update: ({ staff }, phone, beside) => ({
      ...{ verb: "PUT", to: `${place}/staffs/${staff.id}`, body: { firstName: "Bo", phone, ...beside } },
    }),
    link: ["avatar", "avatar"],
    phoneOf: ({ staff }) => staff.phone,
    column: ({ staff }) => ({ table: "staff", name: "phone", id: staff.id }),
    fields: ["phone", "phone"],
  },
};
