const pet = { name: "Rex", type: "DOG", breed: "Boxer" };

/** Leads as forms and clients send them: what the lead has beside its name and phone, and what it is read as. */
export const readLeads: readonly (readonly [what: string, lead: object, read: object])[] = [
  ["a pet without a breed", { pets: [{ name: "Rex", type: "DOG" }] }, { pets: [{ name: "Rex", breed: "" }] }],
  [
    "an all-empty second pet",
    { pets: [pet, { name: "", type: "", breed: "", birthday: "", gender: "", weight: {} }] },
    { pets: [pet] },
  ],
  ["an empty birthday", { pets: [{ ...pet, birthday: "" }] }, { pets: [pet] }],
  ["a birthday with midnight", { pets: [{ ...pet, birthday: "2020-02-29T00:00:00.000Z" }] }, { pets: [birth(2, 29)] }],
  ["an empty gender", { pets: [{ ...pet, gender: "" }] }, { pets: [{ gender: "GENDER_UNSPECIFIED" }] }],
  ["a gender in small letters", { pets: [{ ...pet, gender: "male" }] }, { pets: [{ gender: "MALE" }] }],
  ["a weight with decimals", { pets: [{ ...pet, weight: { value: 25.5, unit: "kg" } }] }, weighing(26, "25.5")],
  ["a decimal weight as text", { pets: [{ ...pet, weight: { value: "25.40", unit: "KG" } }] }, weighing(25, "25.4")],
  ["a weight as one text", { pets: [{ ...pet, weight: "25.5 kg" }] }, weighing(26, "25.5")],
  ["a whole weight", { pets: [{ ...pet, weight: { value: 25, unit: "kilograms" } }] }, weighing(25, "")],
  ["pounds", { pets: [{ ...pet, weight: { value: 7.25, unit: "lbs" } }] }, weighing(7, "7.25", "POUND")],
  [
    "an exact value beside another",
    { pets: [{ ...pet, weight: { value: 3, unit: "KILOGRAM", exactValue: "25.5" } }] },
    weighing(26, "25.5"),
  ],
  ["less than half a unit", { pets: [{ ...pet, weight: { value: 0.4 } }] }, weighing(0, "0.4")],
  ["an empty referral source", { referralSource: {} }, {}],
  ["a referral source with an empty id", { referralSource: { id: "" }, lifeCycle: { id: null } }, {}],
  ["an empty action status", { actionStatus: {}, allocateStaffId: "", email: "", avatar: "" }, { email: "" }],
  ["an empty address", { address: {} }, {}],
  ["an address of empty strings", { address: { street: "", city: "", state: "", zip: "", country: "" } }, {}],
  ["an empty list as text", { pets: "" }, { pets: [] }],
  ["custom fields as bare texts", { customFields: { text: "web" } }, { customFields: { text: { string: "web" } } }],
  ["a bare whole number", { customFields: { number: 5 } }, { customFields: { number: { int64: "5" } } }],
  ["a number as text", { customFields: { number: "-5" } }, { customFields: { number: { int64: "-5" } } }],
  ["a bare Boolean", { customFields: { boolean: true } }, { customFields: { boolean: { bool: true } } }],
  ["a checkbox", { customFields: { boolean: "on" } }, { customFields: { boolean: { bool: true } } }],
  ["a bare option", { customFields: { select: "A" } }, { customFields: { select: { string: "A" } } }],
  ["a bare list", { customFields: { multi: ["A", "B"] } }, { customFields: { multi: listed("A", "B") } }],
  ["a list as comma text", { customFields: { multi: "A, B" } }, { customFields: { multi: listed("A", "B") } }],
  ["one option as text", { customFields: { multi: "A" } }, { customFields: { multi: listed("A") } }],
  [
    "a bare date",
    { customFields: { date: "2024-02-15" } },
    { customFields: { date: { timestampTime: "2024-02-15T00:00:00Z" } } },
  ],
  [
    "a bare time of day",
    { customFields: { time: "09:15" } },
    { customFields: { time: { timeOfDay: { hours: 9, minutes: 15, seconds: 0, nanos: 0 } } } },
  ],
  [
    "a bare time",
    { customFields: { datetime: "2024-02-15T11:00:00+01:00" } },
    { customFields: { datetime: { timestampTime: "2024-02-15T10:00:00Z" } } },
  ],
  ["an empty custom field", { customFields: { text: "", number: "" } }, { customFields: {} }],
];

const dateHint = 'Must be a date in the format yyyy-MM-dd, for example "2024-08-01".';

/** What cannot be read without a guess, and the violation with the hint that helps. */
export const refusedLeads: readonly (readonly [what: string, lead: object, violation: string])[] = [
  [
    "full_name",
    { full_name: "Ann Lee" },
    "lead.full_name: Unknown field. Split full_name into firstName and lastName.",
  ],
  ["fullName", { fullName: "Ann Lee" }, "lead.fullName: Unknown field. Split fullName into firstName and lastName."],
  ["name", { name: "Ann Lee" }, "lead.name: Unknown field. Split name into firstName and lastName."],
  ["a slash date", { pets: [{ ...pet, birthday: "02/15/2024" }] }, `lead.pets[0].birthday: ${dateHint}`],
  ["a slash date in a field", { customFields: { date: "2/15/2024" } }, `lead.custom_fields["date"]: ${dateHint}`],
  [
    "a slash time in a field",
    { customFields: { datetime: "2/15/2024 10:00" } },
    'lead.custom_fields["datetime"]: Must be a date with a time and zone, for example "2024-08-01T09:15:00Z".',
  ],
  [
    "the name of a source",
    { referralSource: { name: "Google" } },
    "lead.referral_source.id: Required; a name alone does not refer to a record. Look up its id in the settings list.",
  ],
  ["pets as text", { pets: "Rex, Tom" }, "lead.pets: Must be an array of objects."],
  [
    "a bare word for a number",
    { customFields: { number: "five" } },
    'lead.custom_fields["number"]: Must be a whole number.',
  ],
  [
    "an unknown option",
    { customFields: { multi: "A, Z" } },
    'lead.custom_fields["multi"]: Must be an option of the field.',
  ],
  [
    "an amount as text",
    { customFields: { money: "500" } },
    'lead.custom_fields["money"]: Must be an object, for example {"money": {"currencyCode": "USD", "units": "500"}}.',
  ],
  ["a weight without a unit", { pets: [{ ...pet, weight: "25.5" }] }, "lead.pets[0].weight: Must be an object."],
  ["an unnamed pet", { pets: [{ name: "", type: "DOG" }] }, "lead.pets[0].name: Required."],
  [
    "an unknown gender",
    { pets: [{ ...pet, gender: "boy" }] },
    "lead.pets[0].gender: Must be MALE or FEMALE or UNKNOWN.",
  ],
];

function birth(month: number, day: number) {
  return { ...pet, birthday: { year: 2020, month, day } };
}

function weighing(value: number, exactValue: string, unit = "KILOGRAM") {
  return { pets: [{ weight: { value, exactValue, unit } }] };
}

function listed(...values: readonly string[]) {
  return { stringList: { values } };
}
