import type { ImportKind } from "./import-kind.js";

/** A field that a column of a file can have. */
export interface ImportField {
  /** As in a mapping file and in the report: `owner.first_name`. */
  readonly name: string;
  /** Headers that mean the field, as `headerKey` has them. */
  readonly keys: readonly string[];
}

/** Letters and digits of a header, in lower case and without accents: `Cell Phone #` is `cellphone`. */
export function headerKey(header: string): string {
  return header
    .normalize("NFKD")
    .replace(/\p{M}/gu, "")
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}]/gu, "");
}

/** Words that stand before the headers of an owner or a pet. */
const prefixes = {
  owner: [
    "owner",
    "client",
    "customer",
    "contact",
    "parent",
    "petparent",
    "petowner",
    "lead",
    "primary",
    "primaryowner",
  ],
  pet: ["pet", "animal", "dog", "patient"],
  package: [],
} as const;

interface Headers {
  /** Headers that mean the field with and without a prefix. */
  readonly plain?: string;
  /** Headers that mean the field only with a prefix. */
  readonly prefixed?: string;
  /** Headers that mean the field as they are. */
  readonly exact?: string;
}

interface OwnField extends ImportField {
  /** Headers that begin with a word for an owner or a pet. */
  readonly prefixed: readonly string[];
}

function field(
  owner: keyof typeof prefixes,
  name: string,
  { plain = "", prefixed = "", exact = "" }: Headers,
): OwnField {
  const [bare, needing, whole] = [plain, prefixed, exact].map(listed);
  const behind = [...(bare ?? []), ...(needing ?? [])].flatMap((word) =>
    prefixes[owner].map((prefix) => prefix + word),
  );
  return { name: `${owner}.${name}`, keys: [...(bare ?? []), ...(whole ?? [])], prefixed: behind };
}

function listed(headers: string): readonly string[] {
  return headers
    .split(",")
    .map(headerKey)
    .filter((key) => key !== "");
}

const ownerFields: readonly OwnField[] = [
  field("owner", "id", {
    prefixed: "id, number, no, code, system id, uuid, key",
    exact: "external id, system id, account number, account id, ownerid",
  }),
  field("owner", "name", { plain: "full name", prefixed: "name", exact: "owner, client, customer" }),
  field("owner", "first_name", { plain: "first name, first, given name, forename, fname" }),
  field("owner", "last_name", { plain: "last name, last, surname, family name, lname" }),
  field("owner", "phone", {
    plain: "phone, phone number, telephone, tel, main phone, primary phone, contact number, phone 1, phone no",
  }),
  field("owner", "mobile_phone", {
    plain: "mobile, cell, cell phone, mobile phone, mobile number, cell number, cellular",
  }),
  field("owner", "home_phone", { plain: "home phone, phone home, home number" }),
  field("owner", "work_phone", { plain: "work phone, phone work, business phone, office phone, work number" }),
  field("owner", "other_phone", {
    plain:
      "other phone, phone 2, phone number 2, second phone, secondary phone, alternate phone, alt phone, additional phone",
  }),
  field("owner", "emergency_name", { exact: "emergency contact, emergency contact name, emergency name" }),
  field("owner", "emergency_phone", {
    exact: "emergency phone, emergency contact phone, emergency contact number, emergency phone number",
  }),
  field("owner", "pickup_name", { exact: "authorized pickup, pickup person, pickup name, authorized pickup name" }),
  field("owner", "pickup_phone", { exact: "pickup phone, authorized pickup phone, pickup person phone" }),
  field("owner", "email", { plain: "email, e-mail, email address, mail, primary email, email 1" }),
  field("owner", "address1", {
    plain: "address, street, street address, address 1, address line 1, mailing address, home address, street 1",
  }),
  field("owner", "address2", { plain: "address 2, address line 2, apt, unit, suite, apartment, street 2" }),
  field("owner", "city", { plain: "city, town, suburb" }),
  field("owner", "state", { plain: "state, province, region, county, state province" }),
  field("owner", "postal_code", { plain: "zip, zip code, postal code, post code, postcode, postal, zip postal code" }),
  field("owner", "country", { plain: "country" }),
  field("owner", "location", {
    plain:
      "location, preferred location, preferred business, home location, store, salon, branch, preferred business id",
  }),
  field("owner", "note", {
    prefixed: "note, notes, comments, comment",
    exact: "history notes, client alert, alert notes",
  }),
  field("owner", "tags", { prefixed: "tags, tag, labels, class", exact: "tags, labels" }),
  field("owner", "referral_source", {
    plain: "referral source, referral, referred by, how did you hear about us, lead source, heard about us",
  }),
  field("owner", "staff", {
    plain: "assigned staff, assigned to, staff member, account manager, sales rep, preferred staff, staff id",
  }),
  field("owner", "created_time", {
    plain: "created, created at, created date, date created, date added, created on, join date, signup date",
    exact: "client since, customer since, member since",
  }),
  field("owner", "status", { prefixed: "status", exact: "account status" }),
  field("owner", "last_appointment", { plain: "last appointment, last visit, last appointment date, last visit date" }),
  field("owner", "next_appointment", {
    plain: "next appointment, next visit, next appointment date, upcoming appointment",
  }),
  field("owner", "sms_consent", {
    plain: "sms consent, sms opt in, text opt in, text consent, ok to text, receive sms, sms opted in",
  }),
  field("owner", "email_consent", { plain: "email consent, email opt in, ok to email, receive email, email opted in" }),
  field("owner", "call_consent", { plain: "call consent, auto call consent, automated call consent, voice consent" }),
  field("owner", "sms_marketing_consent", {
    plain: "sms marketing, sms marketing consent, marketing sms, text marketing",
  }),
  field("owner", "email_marketing_consent", {
    plain: "email marketing, email marketing consent, marketing email, newsletter, marketing opt in",
  }),
  field("owner", "consent_time", {
    plain: "consent time, consent date, opt in date, opt in time, consent timestamp, consented at",
  }),
  field("owner", "consent_source", { plain: "consent source, opt in source, consent method, opt in method" }),
];

const petFields: readonly OwnField[] = [
  field("pet", "id", { prefixed: "id, number, code, system id, uuid" }),
  field("pet", "name", { prefixed: "name, called", exact: "pet, pets name" }),
  field("pet", "type", { plain: "species", prefixed: "type, kind, species" }),
  field("pet", "breed", { plain: "breed, breed 1, primary breed, breed name" }),
  field("pet", "second_breed", { plain: "breed 2, secondary breed, second breed" }),
  field("pet", "sex", { plain: "sex, gender" }),
  field("pet", "fixed", {
    plain:
      "neutered, spayed, altered, fixed, spayed neutered, neutered spayed, spay neuter, sterilized, desexed, intact status",
  }),
  field("pet", "birthday", { plain: "birthday, birthdate, birth date, dob, date of birth, born" }),
  field("pet", "weight", { plain: "weight, weight lbs, weight kg, weight lb" }),
  field("pet", "color", { plain: "color, colour, coat color, fur color, markings" }),
  field("pet", "coat", { plain: "coat, coat type, hair length, hair type" }),
  field("pet", "behavior", { plain: "behavior, behaviour, temperament" }),
  field("pet", "microchip", { plain: "microchip, microchip number, chip, chip number, microchip id" }),
  field("pet", "allergies", { plain: "allergies, allergy" }),
  field("pet", "feeding", { plain: "feeding, feeding instructions, food, diet" }),
  field("pet", "medication", { plain: "medication, medications, medicines, meds" }),
  field("pet", "special_needs", { plain: "special needs, health issues, medical conditions, medical notes" }),
  field("pet", "status", { prefixed: "status", exact: "deceased, passed away, is deceased" }),
  field("pet", "note", { prefixed: "note, notes, comments, comment", exact: "grooming notes, care notes" }),
  field("pet", "vet_name", { exact: "vet, vet name, veterinarian, veterinarian name, vet clinic, veterinary, clinic" }),
  field("pet", "vet_phone", { exact: "vet phone, vet phone number, veterinarian phone, clinic phone" }),
  field("pet", "vet_address", { exact: "vet address, veterinarian address, clinic address" }),
  field("pet", "vaccine", { plain: "vaccine, vaccination, immunization, vaccine name", exact: "type of vaccine" }),
  field("pet", "vaccine_expiration", {
    plain:
      "vaccine expiration, vaccination expiration, vaccine expiry, immunization expiration, vaccine expiration date",
    exact: "expiration date, expiration, expires, expiry date",
  }),
  ...[
    "rabies",
    "bordetella",
    "dhpp",
    "dapp",
    "distemper",
    "parvo",
    "lepto",
    "leptospirosis",
    "lyme",
    "influenza",
    "fvrcp",
  ].map((name) =>
    field("pet", `vaccination.${name}`, {
      plain: ["", " expiration", " expiry", " exp", " expires", " expiration date", " exp date", " due", " due date"]
        .map((end) => `${name}${end}, ${name} vaccine${end}`)
        .join(", "),
    }),
  ),
];

const leadFields: readonly OwnField[] = [
  field("owner", "life_cycle", { plain: "life cycle, lifecycle, stage, lead stage, pipeline stage" }),
  field("owner", "action_status", { plain: "action status, lead status, next action" }),
];

/** A bare `Quantity` counts packages as well as units, and a `Balance` money: such columns need `--map`. */
const packageFields: readonly OwnField[] = [
  field("package", "id", { exact: "package id, package number, sale id, external id" }),
  field("package", "name", {
    exact: "package name, package, name, item, package template, template, template id, template name, package type",
  }),
  field("package", "units", {
    exact: "units, total units, credits, total credits, sessions, total sessions, units bought",
  }),
  field("package", "remaining", {
    exact:
      "sessions left, units left, credits left, visits left, remaining, remaining units, remaining sessions, left, sessions remaining, units remaining, credits remaining, remaining credits",
  }),
  field("package", "used", {
    exact: "used, used units, redeemed, consumed, used credits, sessions used, used sessions, units used, credits used",
  }),
  field("package", "price", { exact: "price, amount, paid, total price, price paid, value, package price" }),
  field("package", "sold", {
    exact:
      "purchase date, sold date, sold, date sold, purchased at, purchased, purchased on, date purchased, purchase time, sale date, date of purchase, start date, activated",
  }),
  field("package", "expires", {
    exact: "expiration date, expires, expiry, expiry date, end date, valid until, expiration, expires on",
  }),
  field("package", "location", { exact: "location, store, salon, branch, sold at, business id" }),
  field("package", "note", { exact: "note, notes, comment, comments, package note" }),
];

/** What a header alone means in a file of the kind. In a file of pets, `Name` is the name of the pet. */
const bare: Readonly<Record<ImportKind, Readonly<Record<string, readonly string[]>>>> = {
  customers: {
    "owner.id": ["id"],
    "owner.name": ["name"],
    "owner.note": ["notes", "note", "comments", "comment"],
    "owner.status": ["status", "active"],
  },
  leads: {
    "owner.id": ["id"],
    "owner.name": ["name"],
    "owner.note": ["notes", "note", "comments", "comment", "message"],
    "owner.action_status": ["status"],
  },
  pets: {
    "pet.id": ["id"],
    "pet.name": ["name"],
    "pet.type": ["type"],
    "pet.note": ["notes", "note", "comments"],
    "pet.status": ["status"],
  },
  packages: { "package.id": ["id"] },
};

/** What a row of a pet uses of its owner: names, email address and own phones, which find the owner. */
const findingOwner = /^owner\.(?:id|name|first_name|last_name|email|(?:mobile_|home_|work_|other_)?phone)$/;

/** What a customer has and a lead has not. */
const onlyOfCustomers = /^owner\.(?:status|last_appointment|next_appointment)$/;

const identifying = /^owner\.(?:id|name|first_name|last_name|phone|mobile_phone|email)$/;

const owned: Readonly<Record<ImportKind, readonly OwnField[]>> = {
  customers: [...ownerFields, ...petFields],
  leads: [...ownerFields.filter(({ name }) => !onlyOfCustomers.test(name)), ...leadFields, ...petFields],
  pets: [...petFields, ...ownerFields.filter(({ name }) => findingOwner.test(name))],
  packages: [...packageFields, ...ownerFields.filter(({ name }) => identifying.test(name))],
};

/**
 * The fields of a kind, each with all its headers. A header means one field: a listed header comes before one that is
 * made of a prefix, and an earlier field before a later one.
 */
export function fieldsOf(kind: ImportKind): readonly ImportField[] {
  const taken = new Map<string, string>();
  const claim = (keys: readonly string[], name: string) => {
    for (const key of keys) if (!taken.has(key)) taken.set(key, name);
  };
  for (const { name } of owned[kind]) claim(bare[kind][name] ?? [], name);
  for (const { name, keys } of owned[kind]) claim(keys, name);
  for (const { name, prefixed } of owned[kind]) claim(prefixed, name);
  return owned[kind].map(({ name }) => ({
    name,
    keys: [...taken].filter(([, owner]) => owner === name).map(([key]) => key),
  }));
}
