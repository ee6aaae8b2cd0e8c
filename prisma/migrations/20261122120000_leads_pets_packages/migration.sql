-- Leads, pets, packages, and the settings they refer to. The rules at the head of the first migration hold here too.

-- Settings ------------------------------------------------------------------------------------------------------------

CREATE TABLE life_cycle (
  company_id resource_id NOT NULL,
  id resource_id NOT NULL,
  name text NOT NULL,
  is_default boolean NOT NULL DEFAULT false,
  display_order integer NOT NULL DEFAULT 0,
  archived_time timestamptz,
  last_updated_by text NOT NULL DEFAULT '',
  last_updated_time timestamptz NOT NULL,
  version bigint NOT NULL DEFAULT 1,
  CONSTRAINT life_cycle_pkey PRIMARY KEY (company_id, id),
  CONSTRAINT life_cycle_company_fkey FOREIGN KEY (company_id) REFERENCES company (id),
  CONSTRAINT life_cycle_default_is_used CHECK (NOT is_default OR archived_time IS NULL)
);
CREATE INDEX life_cycle_by_order ON life_cycle (company_id, display_order, name, id);
CREATE UNIQUE INDEX life_cycle_one_default ON life_cycle (company_id) WHERE is_default;

CREATE TABLE action_status (
  company_id resource_id NOT NULL,
  id resource_id NOT NULL,
  name text NOT NULL,
  color text NOT NULL DEFAULT '',
  display_order integer NOT NULL DEFAULT 0,
  archived_time timestamptz,
  last_updated_by text NOT NULL DEFAULT '',
  last_updated_time timestamptz NOT NULL,
  version bigint NOT NULL DEFAULT 1,
  CONSTRAINT action_status_pkey PRIMARY KEY (company_id, id),
  CONSTRAINT action_status_company_fkey FOREIGN KEY (company_id) REFERENCES company (id)
);
CREATE INDEX action_status_by_order ON action_status (company_id, display_order, name, id);

CREATE TABLE pet_code (
  company_id resource_id NOT NULL,
  id resource_id NOT NULL,
  abbreviation text NOT NULL,
  description text NOT NULL DEFAULT '',
  color text NOT NULL DEFAULT '',
  display_order integer NOT NULL DEFAULT 0,
  archived_time timestamptz,
  last_updated_by text NOT NULL DEFAULT '',
  last_updated_time timestamptz NOT NULL,
  version bigint NOT NULL DEFAULT 1,
  CONSTRAINT pet_code_pkey PRIMARY KEY (company_id, id),
  CONSTRAINT pet_code_company_fkey FOREIGN KEY (company_id) REFERENCES company (id)
);
CREATE INDEX pet_code_by_order ON pet_code (company_id, display_order, abbreviation, id);

-- Weights in whole units; unit: 1 KILOGRAM, 2 POUND.
CREATE TABLE pet_size (
  company_id resource_id NOT NULL,
  id resource_id NOT NULL,
  name text NOT NULL,
  weight_low bigint,
  weight_high bigint,
  weight_unit smallint NOT NULL DEFAULT 1,
  display_order integer NOT NULL DEFAULT 0,
  archived_time timestamptz,
  last_updated_by text NOT NULL DEFAULT '',
  last_updated_time timestamptz NOT NULL,
  version bigint NOT NULL DEFAULT 1,
  CONSTRAINT pet_size_pkey PRIMARY KEY (company_id, id),
  CONSTRAINT pet_size_company_fkey FOREIGN KEY (company_id) REFERENCES company (id)
);
CREATE INDEX pet_size_by_order ON pet_size (company_id, display_order, name, id);

CREATE TABLE pet_type (
  company_id resource_id NOT NULL,
  id resource_id NOT NULL,
  name text NOT NULL,
  display_order integer NOT NULL DEFAULT 0,
  archived_time timestamptz,
  last_updated_by text NOT NULL DEFAULT '',
  last_updated_time timestamptz NOT NULL,
  version bigint NOT NULL DEFAULT 1,
  CONSTRAINT pet_type_pkey PRIMARY KEY (company_id, id),
  CONSTRAINT pet_type_company_fkey FOREIGN KEY (company_id) REFERENCES company (id)
);
CREATE INDEX pet_type_by_order ON pet_type (company_id, display_order, name, id);

CREATE TABLE pet_coat_type (
  company_id resource_id NOT NULL,
  id resource_id NOT NULL,
  name text NOT NULL,
  display_order integer NOT NULL DEFAULT 0,
  archived_time timestamptz,
  last_updated_by text NOT NULL DEFAULT '',
  last_updated_time timestamptz NOT NULL,
  version bigint NOT NULL DEFAULT 1,
  CONSTRAINT pet_coat_type_pkey PRIMARY KEY (company_id, id),
  CONSTRAINT pet_coat_type_company_fkey FOREIGN KEY (company_id) REFERENCES company (id)
);
CREATE INDEX pet_coat_type_by_order ON pet_coat_type (company_id, display_order, name, id);

-- service_item_type, service_type: numbers of the enums of moego.business.setting.v1.Service.
CREATE TABLE service (
  company_id resource_id NOT NULL,
  id resource_id NOT NULL,
  name text NOT NULL,
  service_item_type smallint NOT NULL,
  service_type smallint NOT NULL,
  category text NOT NULL DEFAULT '',
  price_currency text NOT NULL DEFAULT '',
  price_units bigint NOT NULL DEFAULT 0,
  price_nanos integer NOT NULL DEFAULT 0,
  service_minutes integer NOT NULL DEFAULT 0,
  business_ids text[] NOT NULL DEFAULT '{}',
  available_all_business boolean NOT NULL DEFAULT false,
  available_business_ids text[] NOT NULL DEFAULT '{}',
  available_all_staff boolean NOT NULL DEFAULT false,
  available_staff_ids text[] NOT NULL DEFAULT '{}',
  inactive boolean NOT NULL DEFAULT false,
  last_updated_by text NOT NULL DEFAULT '',
  last_updated_time timestamptz NOT NULL,
  version bigint NOT NULL DEFAULT 1,
  CONSTRAINT service_pkey PRIMARY KEY (company_id, id),
  CONSTRAINT service_company_fkey FOREIGN KEY (company_id) REFERENCES company (id)
);
CREATE INDEX service_by_name ON service (company_id, name, id);

-- Leads ---------------------------------------------------------------------------------------------------------------

-- A promoted lead keeps its row, so that promoting again finds its customer, and the customer's own column source_lead_id
-- points back. address holds the columns of customer_address. Channels as in customer.
CREATE TABLE lead (
  company_id resource_id NOT NULL,
  id resource_id NOT NULL,
  raw_id bigint GENERATED BY DEFAULT AS IDENTITY,
  first_name text NOT NULL,
  last_name text NOT NULL DEFAULT '',
  avatar text NOT NULL DEFAULT '',
  phone text NOT NULL DEFAULT '',
  email text NOT NULL DEFAULT '',
  email_key text COLLATE "C" NOT NULL DEFAULT '',
  address jsonb,
  preferred_business_id resource_id,
  allocate_staff_id resource_id,
  life_cycle_id resource_id,
  action_status_id resource_id,
  referral_source_id resource_id,
  service_related_channels smallint[] NOT NULL,
  marketing_campaigns_channels smallint[] NOT NULL,
  branded_app_enabled boolean NOT NULL,
  is_agreed_marketing_policy boolean NOT NULL,
  is_consented boolean NOT NULL,
  custom_fields jsonb NOT NULL DEFAULT '{}',
  promoted_customer_id resource_id,
  archived_time timestamptz,
  created_by text NOT NULL DEFAULT '',
  created_time timestamptz NOT NULL,
  last_updated_by text NOT NULL DEFAULT '',
  last_updated_time timestamptz NOT NULL,
  version bigint NOT NULL DEFAULT 1,
  change_xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
  CONSTRAINT lead_pkey PRIMARY KEY (company_id, id),
  CONSTRAINT lead_raw_id_key UNIQUE (company_id, raw_id),
  CONSTRAINT lead_promoted_customer_key UNIQUE (company_id, promoted_customer_id),
  CONSTRAINT lead_company_fkey FOREIGN KEY (company_id) REFERENCES company (id),
  CONSTRAINT lead_preferred_business_fkey FOREIGN KEY (company_id, preferred_business_id) REFERENCES business (company_id, id),
  CONSTRAINT lead_allocate_staff_fkey FOREIGN KEY (company_id, allocate_staff_id) REFERENCES staff (company_id, id),
  CONSTRAINT lead_life_cycle_fkey FOREIGN KEY (company_id, life_cycle_id) REFERENCES life_cycle (company_id, id),
  CONSTRAINT lead_action_status_fkey FOREIGN KEY (company_id, action_status_id) REFERENCES action_status (company_id, id),
  CONSTRAINT lead_referral_source_fkey FOREIGN KEY (company_id, referral_source_id) REFERENCES referral_source (company_id, id)
);
CREATE TRIGGER lead_stamp_change_xid BEFORE UPDATE ON lead FOR EACH ROW EXECUTE FUNCTION stamp_change_xid();
CREATE INDEX lead_by_created ON lead (company_id, created_time DESC, id DESC) WHERE promoted_customer_id IS NULL AND archived_time IS NULL;
CREATE INDEX lead_by_updated ON lead (company_id, last_updated_time, id) WHERE promoted_customer_id IS NULL;
CREATE INDEX lead_by_phone ON lead (company_id, phone, created_time DESC, id DESC) WHERE phone <> '';
CREATE INDEX lead_by_email ON lead (company_id, email_key, created_time DESC, id DESC) WHERE email_key <> '';
CREATE INDEX lead_by_life_cycle ON lead (company_id, life_cycle_id, created_time DESC, id DESC);
CREATE INDEX lead_by_action_status ON lead (company_id, action_status_id, created_time DESC, id DESC) WHERE action_status_id IS NOT NULL;
CREATE INDEX lead_by_business ON lead (company_id, preferred_business_id, created_time DESC, id DESC) WHERE preferred_business_id IS NOT NULL;
CREATE INDEX lead_by_staff ON lead (company_id, allocate_staff_id, created_time DESC, id DESC) WHERE allocate_staff_id IS NOT NULL;
CREATE INDEX lead_by_referral_source ON lead (company_id, referral_source_id, created_time DESC, id DESC) WHERE referral_source_id IS NOT NULL;

-- Pets ----------------------------------------------------------------------------------------------------------------

-- A pet belongs to a customer or, until its promotion, to a lead. type, gender, status, evaluation_status: numbers of the
-- enums of moego.business.customer.v1.Pet; weight_unit as in pet_size.
CREATE TABLE pet (
  company_id resource_id NOT NULL,
  id resource_id NOT NULL,
  raw_id bigint GENERATED BY DEFAULT AS IDENTITY,
  customer_id resource_id,
  lead_id resource_id,
  name text NOT NULL,
  birthday date,
  status smallint NOT NULL DEFAULT 1,
  type smallint NOT NULL,
  breed text NOT NULL DEFAULT '',
  gender smallint NOT NULL DEFAULT 0,
  weight bigint,
  weight_unit smallint NOT NULL DEFAULT 1,
  fixed text NOT NULL DEFAULT '',
  coat text NOT NULL DEFAULT '',
  behavior text NOT NULL DEFAULT '',
  vet_name text NOT NULL DEFAULT '',
  vet_phone text NOT NULL DEFAULT '',
  vet_address text NOT NULL DEFAULT '',
  evaluation_status smallint NOT NULL DEFAULT 0,
  photo text NOT NULL DEFAULT '',
  archived_time timestamptz,
  created_time timestamptz NOT NULL,
  last_updated_time timestamptz NOT NULL,
  version bigint NOT NULL DEFAULT 1,
  change_xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
  CONSTRAINT pet_pkey PRIMARY KEY (company_id, id),
  CONSTRAINT pet_raw_id_key UNIQUE (company_id, raw_id),
  CONSTRAINT pet_customer_fkey FOREIGN KEY (company_id, customer_id) REFERENCES customer (company_id, id) ON DELETE CASCADE,
  CONSTRAINT pet_lead_fkey FOREIGN KEY (company_id, lead_id) REFERENCES lead (company_id, id) ON DELETE CASCADE,
  CONSTRAINT pet_one_owner CHECK (num_nonnulls(customer_id, lead_id) = 1)
);
CREATE TRIGGER pet_stamp_change_xid BEFORE UPDATE ON pet FOR EACH ROW EXECUTE FUNCTION stamp_change_xid();
CREATE INDEX pet_by_customer ON pet (company_id, customer_id, created_time DESC, id DESC) WHERE customer_id IS NOT NULL;
CREATE INDEX pet_by_lead ON pet (company_id, lead_id, created_time, id) WHERE lead_id IS NOT NULL;
CREATE INDEX pet_by_created ON pet (company_id, created_time DESC, id DESC) WHERE customer_id IS NOT NULL;
CREATE INDEX pet_by_updated ON pet (company_id, last_updated_time, id) WHERE customer_id IS NOT NULL;

CREATE TABLE pet_vaccination (
  company_id resource_id NOT NULL,
  pet_id resource_id NOT NULL,
  position integer NOT NULL,
  name text NOT NULL,
  expired_time timestamptz,
  CONSTRAINT pet_vaccination_pkey PRIMARY KEY (company_id, pet_id, position),
  CONSTRAINT pet_vaccination_pet_fkey FOREIGN KEY (company_id, pet_id) REFERENCES pet (company_id, id) ON DELETE CASCADE
);

CREATE TABLE pet_note (
  company_id resource_id NOT NULL,
  id resource_id NOT NULL,
  pet_id resource_id NOT NULL,
  content text NOT NULL,
  created_time timestamptz NOT NULL,
  last_updated_by text NOT NULL DEFAULT '',
  last_updated_time timestamptz NOT NULL,
  CONSTRAINT pet_note_pkey PRIMARY KEY (company_id, id),
  CONSTRAINT pet_note_pet_fkey FOREIGN KEY (company_id, pet_id) REFERENCES pet (company_id, id) ON DELETE CASCADE
);
CREATE INDEX pet_note_by_created ON pet_note (company_id, pet_id, created_time DESC, id DESC);

CREATE TABLE pet_pet_code (
  company_id resource_id NOT NULL,
  pet_id resource_id NOT NULL,
  pet_code_id resource_id NOT NULL,
  CONSTRAINT pet_pet_code_pkey PRIMARY KEY (company_id, pet_id, pet_code_id),
  CONSTRAINT pet_pet_code_pet_fkey FOREIGN KEY (company_id, pet_id) REFERENCES pet (company_id, id) ON DELETE CASCADE,
  CONSTRAINT pet_pet_code_code_fkey FOREIGN KEY (company_id, pet_code_id) REFERENCES pet_code (company_id, id)
);
CREATE INDEX pet_pet_code_by_code ON pet_pet_code (company_id, pet_code_id, pet_id);

-- Packages ------------------------------------------------------------------------------------------------------------

-- expiration_date: 9999-01-01 = never, judged in the company's time zone.
CREATE TABLE package (
  company_id resource_id NOT NULL,
  id resource_id NOT NULL,
  customer_id resource_id NOT NULL,
  business_id resource_id NOT NULL,
  staff_id resource_id,
  name text NOT NULL,
  description text NOT NULL DEFAULT '',
  price_currency text NOT NULL DEFAULT '',
  price_units bigint NOT NULL DEFAULT 0,
  price_nanos integer NOT NULL DEFAULT 0,
  purchase_time timestamptz NOT NULL,
  start_time timestamptz,
  end_time timestamptz,
  expiration_date date NOT NULL DEFAULT '9999-01-01',
  deleted_time timestamptz,
  created_time timestamptz NOT NULL,
  last_updated_time timestamptz NOT NULL,
  version bigint NOT NULL DEFAULT 1,
  change_xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
  CONSTRAINT package_pkey PRIMARY KEY (company_id, id),
  CONSTRAINT package_customer_fkey FOREIGN KEY (company_id, customer_id) REFERENCES customer (company_id, id),
  CONSTRAINT package_business_fkey FOREIGN KEY (company_id, business_id) REFERENCES business (company_id, id),
  CONSTRAINT package_staff_fkey FOREIGN KEY (company_id, staff_id) REFERENCES staff (company_id, id)
);
CREATE TRIGGER package_stamp_change_xid BEFORE UPDATE ON package FOR EACH ROW EXECUTE FUNCTION stamp_change_xid();
CREATE INDEX package_by_customer ON package (company_id, customer_id, purchase_time DESC, id DESC);

-- One line of a package: so many units, each for one of its services.
CREATE TABLE package_service (
  company_id resource_id NOT NULL,
  id resource_id NOT NULL,
  package_id resource_id NOT NULL,
  position integer NOT NULL,
  total_quantity integer NOT NULL,
  CONSTRAINT package_service_pkey PRIMARY KEY (company_id, id),
  CONSTRAINT package_service_package_fkey FOREIGN KEY (company_id, package_id) REFERENCES package (company_id, id) ON DELETE CASCADE,
  CONSTRAINT package_service_total CHECK (total_quantity >= 0)
);
CREATE INDEX package_service_by_package ON package_service (company_id, package_id, position);

CREATE TABLE package_service_item (
  company_id resource_id NOT NULL,
  package_service_id resource_id NOT NULL,
  position integer NOT NULL,
  service_id resource_id NOT NULL,
  name text NOT NULL,
  price_currency text NOT NULL DEFAULT '',
  price_units bigint NOT NULL DEFAULT 0,
  price_nanos integer NOT NULL DEFAULT 0,
  CONSTRAINT package_service_item_pkey PRIMARY KEY (company_id, package_service_id, position),
  CONSTRAINT package_service_item_line_fkey FOREIGN KEY (company_id, package_service_id) REFERENCES package_service (company_id, id) ON DELETE CASCADE
);

-- Append-only: the balance of a line is the sum of its quantities, between zero and its total; writers lock the package.
-- kind: SALE (+), REDEMPTION (-), REFUND (+, of reversed_id when it names one redemption), ADJUSTMENT (either).
CREATE TABLE package_ledger (
  company_id resource_id NOT NULL,
  id resource_id NOT NULL,
  package_id resource_id NOT NULL,
  package_service_id resource_id NOT NULL,
  kind text NOT NULL,
  quantity integer NOT NULL,
  reversed_id resource_id,
  appointment_id text NOT NULL DEFAULT '',
  order_id text NOT NULL DEFAULT '',
  note text NOT NULL DEFAULT '',
  occurred_time timestamptz NOT NULL,
  rpc text NOT NULL,
  key_id text NOT NULL,
  staff_id text NOT NULL DEFAULT '',
  request_id text NOT NULL,
  CONSTRAINT package_ledger_pkey PRIMARY KEY (company_id, id),
  CONSTRAINT package_ledger_reversed_key UNIQUE (company_id, reversed_id),
  CONSTRAINT package_ledger_line_fkey FOREIGN KEY (company_id, package_service_id) REFERENCES package_service (company_id, id),
  CONSTRAINT package_ledger_kind CHECK (kind IN ('SALE', 'REDEMPTION', 'REFUND', 'ADJUSTMENT')),
  CONSTRAINT package_ledger_sign CHECK (CASE kind WHEN 'REDEMPTION' THEN quantity < 0 WHEN 'ADJUSTMENT' THEN quantity <> 0 ELSE quantity >= 0 END)
);
CREATE INDEX package_ledger_by_line ON package_ledger (company_id, package_service_id, id);
CREATE INDEX package_ledger_by_package ON package_ledger (company_id, package_id, occurred_time DESC, id DESC);
CREATE TRIGGER package_ledger_is_a_ledger BEFORE UPDATE OR DELETE OR TRUNCATE ON package_ledger
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_ledger_change();

-- What the service may do ---------------------------------------------------------------------------------------------

GRANT SELECT, INSERT, UPDATE, DELETE ON
  life_cycle, action_status, pet_code, pet_size, pet_type, pet_coat_type, service, lead, pet, pet_vaccination, pet_note,
  pet_pet_code, package, package_service, package_service_item
  TO moego_service;
GRANT SELECT, INSERT ON package_ledger TO moego_service;
