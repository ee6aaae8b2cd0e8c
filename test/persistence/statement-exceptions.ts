/** Tables whose rows are of no company, so that no statement can ask for one, and why. */
export const tablesOfNoCompany: Readonly<Record<string, string>> = {
  api_key: "a key may reach several companies, and is looked up before any of them is known",
  api_key_secret: "looked up by its hash before any company is known",
  api_key_organization: "says which companies a key reaches; it is of the key",
  idempotency: "a claim is of the key that made the call; its primary key begins with the key",
};

export interface Exception {
  /** The statement's name. */
  readonly statement: string;
  /** The table, function or operator. */
  readonly about: string;
  readonly why: string;
}

/** Statements that ask for rows of more than one company on purpose. */
export const unfilteredOnPurpose: readonly Exception[] = [
  { statement: "keys.check", about: "company", why: "finds out which companies the key reaches" },
  { statement: "api_keys.organizations", about: "company", why: "asks whether an enterprise has any company" },
  { statement: "api_keys.staff", about: "company", why: "asks in which companies of an enterprise somebody works" },
  { statement: "api_keys.staff", about: "staff", why: "asks in which companies of an enterprise somebody works" },
  { statement: "directory_admin.companies", about: "company", why: "lists all companies for a platform key" },
  { statement: "cleanup.flow_runs", about: "flow_run", why: "removes what has expired, of every company" },
  {
    statement: "cleanup.key_uses",
    about: "key_use",
    why: "removes what is older than its retention, of every company",
  },
  {
    statement: "cleanup.departures",
    about: "departure",
    why: "removes what is older than its retention, of every company",
  },
  {
    statement: "cleanup.merge_snapshots",
    about: "customer_merge_snapshot",
    why: "removes what can no longer be undone, of every company",
  },
  { statement: "cleanup.card_links", about: "card_link", why: "removes what has expired, of every company" },
  { statement: "cards.find_link", about: "card_link", why: "looked up by its token before any company is known" },
  { statement: "cards.find_link", about: "company", why: "the company of the link" },
  { statement: "cards.find_link", about: "customer", why: "the customer of the link, in the company of the link" },
  { statement: "cards.find_link", about: "customer_card", why: "of the customer of the link, in its company" },
  { statement: "stripe_keys.first_companies", about: "company", why: "asks whether the deployment has one company" },
  { statement: "company_secret_rotation.after", about: "company_secret", why: "seals the keys of every company anew" },
  { statement: "secret_rotation.after", about: "external_api_secret", why: "seals the secrets of every company anew" },
  { statement: "flow_run_rotation.after", about: "flow_run", why: "seals the responses of every company anew" },
];

/** Assignments of what a STABLE function makes. */
export const stableOnPurpose: readonly Exception[] = [
  {
    statement: "keys.touch",
    about: "date_trunc(text,timestamp with time zone)",
    why: "takes no column, and keys are in a table of no company",
  },
  {
    statement: "keys.touch",
    about: "statement_timestamp()",
    why: "takes no column; keys are in a table of no company",
  },
];

/** SELECTs without a column. */
export const emptyOnPurpose: readonly Exception[] = [
  {
    statement: "function record_exists",
    about: "SELECT FROM",
    why: "made by a migration, which is never edited once applied",
  },
];
