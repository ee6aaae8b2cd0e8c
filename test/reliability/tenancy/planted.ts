/** Ids of the neighbour that stand beside a namesake of the tenant's, which has nothing under them (predicate-rows.ts). */
export const planted = {
  note: "zq.planted.note",
  link: "zq.planted.link",
  pet: "zq.planted.pet",
  petOfLead: "zq.planted.pet.lead",
  redemption: "zq.planted.redemption",
  field: "cf_planted",
  /** Of the neighbour alone, with the code of a field of the tenant. */
  fieldOfCode: "zq.planted.field",
  petNote: "zq.planted.pet.note",
  archivedTagName: "Archived elsewhere",
  archivedFieldCode: "archived_elsewhere",
  /** Of the tenant, promoted to a customer that the neighbour alone has. */
  promotedLead: "planted.lead",
  /** Of the tenant, promoted to a customer whose namesake the neighbour has. */
  promotedLeadOfOwn: "planted.lead.own",
  /** A lead of both without a number, with everything that a promotion moves. */
  quietLead: "planted.quiet",
  /** Leads of a company with a limit, without a number and with two. */
  limitedLead: "planted.limited",
  limitedLeadWithNumbers: "planted.limited.numbers",
  /** Number of a customer and of a lead of both. */
  rawId: 990_001,
  /** The tenant has no tag of this name. */
  tagName: "New of a cell",
  account: "zq.account.1",
  accountOfBoth: "account-of-both",
  /** Further phones of a customer, and of a lead: of the neighbour alone, and of both. */
  phone: "+12125550181",
  phoneOfBoth: "+12125550182",
  leadPhone: "+12125550183",
  leadPhoneOfBoth: "+12125550184",
  /** A further phone of one customer and lead of the tenant, and of another of each of the neighbour. */
  phoneOfOthers: "+12125550185",
  /** A customer of both, of the tenant at another location. Nobody else has its main phones, nor the neighbour's account. */
  customer: "planted.customer",
  onlyPhone: "+12125550186",
  onlyPhoneElsewhere: "+12125550191",
  onlyAccount: "zq.account.only",
  /** Contacts of a customer and a lead of the tenant, and of others of the neighbour. */
  duplicate: "planted.duplicate",
  duplicatePhone: "+12125550192",
  duplicateEmail: "both@example.com",
  /** A customer and a lead of the tenant, each alone with its contacts, and one of each that the neighbour alone has with them. */
  asked: "planted.asked",
  askedToo: "planted.asked.too",
  askedPhone: "+12125550193",
  askedEmail: "asked@example.com",
  askedLeadPhone: "+12125550194",
  askedLeadEmail: "asked.lead@example.com",
  /** The last by name of the tenant's customers, and of its leads. The neighbour's namesakes have other names. */
  last: "planted.last",
  /** Records of the neighbour that left the tenant's lists. */
  gone: "planted.gone",
  /** A package of the tenant whose customer the neighbour alone has. */
  orphan: "planted.orphan",
  /** Have a number and an address of the tenant's opt-outs, or another number (opt-out-rows.ts). */
  holder: "planted.holder",
  promotedHolder: "planted.holder.promoted",
  stranger: "planted.stranger",
  withdrawn: "planted.withdrawn",
  line: "+12125550170",
  lineEmail: "line@example.com",
  withdrawnLine: "+12125550171",
  otherWithdrawnLine: "+12125550172",
  /** Customers that can be merged, a merge of two, and the key of a batch (merge-rows.ts). */
  merging: {
    into: "planted.into",
    from: "planted.from",
    undoInto: "planted.undo.into",
    undoFrom: "planted.undo.from",
    merge: "planted.merge",
    batch: "batch-of-moved-records",
    petBatches: ["batch-of-pets", "batch-of-pets-of-promoted-leads"],
  },
} as const;

/** Idempotency keys of pets that were created before their owner moved away from the key: of a customer, a lead, a promoted lead. */
export const petsOfOwners = [
  { key: "pet-of-a-customer", id: "planted.pet.customer", owner: "customer_id", of: "cus_a1" },
  { key: "pet-of-a-lead", id: "planted.pet.lead", owner: "lead_id", of: "lcus_a1" },
  { key: "pet-of-a-promoted-lead", id: "planted.pet.promoted", owner: "lead_id", of: planted.promotedLead },
  { key: "pet-of-a-lead-promoted-here", id: "planted.pet.own", owner: "lead_id", of: planted.promotedLeadOfOwn },
] as const;

/** Contacts of a new record which records of both have. */
export const contactsOfBoth = {
  phone: planted.duplicatePhone,
  email: planted.duplicateEmail,
};

/** The same pets, as two batches of two have them. */
export const petsInTwos = [petsOfOwners.slice(0, 2), petsOfOwners.slice(2)].map((pets) => pets.map(({ id }) => id));
