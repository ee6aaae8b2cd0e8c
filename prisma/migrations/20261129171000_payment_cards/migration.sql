-- A payment card of a customer at a payment provider, entered on the page of a card link. The number is never here:
-- only what the provider calls it, and what a person recognizes it by. Erased with the customer.
CREATE TABLE customer_card (
  company_id resource_id NOT NULL,
  id text COLLATE "C" NOT NULL,
  customer_id resource_id NOT NULL,
  provider text COLLATE "C" NOT NULL,
  provider_customer_id text COLLATE "C" NOT NULL,
  payment_method_id text COLLATE "C" NOT NULL,
  brand text COLLATE "C" NOT NULL,
  last_four text COLLATE "C" NOT NULL,
  expiry_month integer NOT NULL,
  expiry_year integer NOT NULL,
  created_time timestamptz NOT NULL,
  CONSTRAINT customer_card_pkey PRIMARY KEY (company_id, id),
  CONSTRAINT customer_card_payment_method_key UNIQUE (company_id, provider, payment_method_id),
  CONSTRAINT customer_card_customer_fkey FOREIGN KEY (company_id, customer_id)
    REFERENCES customer (company_id, id) ON DELETE CASCADE
);
CREATE INDEX customer_card_by_customer ON customer_card (company_id, customer_id, created_time DESC, id DESC);

-- Secrets of a company for a third-party system, encrypted. The names of stripe are api_key and webhook_secret.
CREATE TABLE company_secret (
  company_id resource_id NOT NULL,
  provider text COLLATE "C" NOT NULL,
  name text COLLATE "C" NOT NULL,
  sealed bytea NOT NULL,
  CONSTRAINT company_secret_pkey PRIMARY KEY (company_id, provider, name),
  CONSTRAINT company_secret_company_fkey FOREIGN KEY (company_id) REFERENCES company (id)
);

-- The session that the provider has for the link, and how many were started. A confirmation counts for this one alone.
ALTER TABLE card_link
  ADD COLUMN provider_session_id text COLLATE "C",
  ADD COLUMN provider_attempt integer NOT NULL DEFAULT 0;

GRANT SELECT, INSERT ON customer_card TO moego_service;
GRANT SELECT, INSERT, UPDATE, DELETE ON company_secret TO moego_service;
CALL protect_tenant('customer_card');
CALL protect_tenant('company_secret');
