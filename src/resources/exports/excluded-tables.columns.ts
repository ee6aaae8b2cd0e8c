/** Every other table, with the reason why it is not exported. A test compares both lists with the database. */
export const excludedTables: Readonly<Record<string, string>> = {
  api_key: "API keys are never exported",
  api_key_change: "about API keys",
  api_key_organization: "about API keys",
  api_key_secret: "hashes of secrets",
  card_link: "hashes of the secrets of links; a link expires within days",
  company_customer_count: "counts customers again",
  company_secret: "secrets of the company",
  customer_search: "made from the customers",
  external_api_secret: "secrets of third-party systems",
  flow_run: "responses for repeated requests, encrypted, for a day",
  idempotency: "keys of requests, for a day",
  lead_search: "made from the leads",
  _prisma_migrations: "the version of the database",
};
