-- What a call centre knows of a customer (moego.callcenter.v1).

CREATE TABLE vip_level (
  company_id resource_id NOT NULL,
  id resource_id NOT NULL,
  name text NOT NULL,
  display_order integer NOT NULL DEFAULT 0,
  archived_time timestamptz,
  last_updated_by text NOT NULL DEFAULT '',
  last_updated_time timestamptz NOT NULL,
  version bigint NOT NULL DEFAULT 1,
  CONSTRAINT vip_level_pkey PRIMARY KEY (company_id, id),
  CONSTRAINT vip_level_company_fkey FOREIGN KEY (company_id) REFERENCES company (id)
);
CREATE INDEX vip_level_by_order ON vip_level (company_id, display_order, name, id);

-- A customer without a row has an empty profile. gender: 0 not known, 1 male, 2 female.
CREATE TABLE customer_profile (
  company_id resource_id NOT NULL,
  customer_id resource_id NOT NULL,
  nickname text NOT NULL DEFAULT '',
  gender smallint NOT NULL DEFAULT 0,
  vip_level_id resource_id,
  blacklisted boolean NOT NULL DEFAULT false,
  enterprise_name text NOT NULL DEFAULT '',
  visitor_ids text[] NOT NULL DEFAULT '{}',
  CONSTRAINT customer_profile_pkey PRIMARY KEY (company_id, customer_id),
  CONSTRAINT customer_profile_customer_fkey FOREIGN KEY (company_id, customer_id) REFERENCES customer (company_id, id) ON DELETE CASCADE,
  CONSTRAINT customer_profile_vip_level_fkey FOREIGN KEY (company_id, vip_level_id) REFERENCES vip_level (company_id, id),
  CONSTRAINT customer_profile_gender CHECK (gender BETWEEN 0 AND 2)
);

-- kind: number of moego.callcenter.v1.ThirdAccountKind. A customer has one account of each kind, an account one customer.
-- The unique key begins with the account, since a query does not say the kind.
CREATE TABLE customer_account (
  company_id resource_id NOT NULL,
  customer_id resource_id NOT NULL,
  kind smallint NOT NULL,
  account_id text COLLATE "C" NOT NULL,
  CONSTRAINT customer_account_pkey PRIMARY KEY (company_id, customer_id, kind),
  CONSTRAINT customer_account_id_key UNIQUE (company_id, account_id, kind),
  CONSTRAINT customer_account_customer_fkey FOREIGN KEY (company_id, customer_id) REFERENCES customer (company_id, id) ON DELETE CASCADE,
  CONSTRAINT customer_account_kind CHECK (kind BETWEEN 1 AND 10)
);

GRANT SELECT, INSERT, UPDATE, DELETE ON vip_level, customer_profile, customer_account TO moego_service;
