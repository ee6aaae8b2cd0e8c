-- The phones of a customer or lead beside its main one, which remains the column `phone`.
--
-- Position 0 holds the extension, label and person of the main phone. It counts only while its number equals `phone`:
-- the previous build changes `phone` alone. A record with one plain phone has no row, so there is nothing to backfill.
-- label and belongs_to: numbers of moego.business.customer.v1.ContactPhone; label 0 is unspecified.

CREATE TABLE customer_phone (
  company_id resource_id NOT NULL,
  customer_id resource_id NOT NULL,
  position smallint NOT NULL,
  number text COLLATE "C" NOT NULL,
  extension text NOT NULL DEFAULT '',
  label smallint NOT NULL DEFAULT 0,
  belongs_to smallint NOT NULL DEFAULT 1,
  person_name text NOT NULL DEFAULT '',
  CONSTRAINT customer_phone_pkey PRIMARY KEY (company_id, customer_id, position),
  CONSTRAINT customer_phone_customer_fkey FOREIGN KEY (company_id, customer_id) REFERENCES customer (company_id, id) ON DELETE CASCADE,
  CONSTRAINT customer_phone_position CHECK (position BETWEEN 0 AND 9),
  CONSTRAINT customer_phone_label CHECK (label BETWEEN 0 AND 4),
  CONSTRAINT customer_phone_belongs_to CHECK (belongs_to BETWEEN 1 AND 3)
);
-- Position 0 is found by `customer.phone`.
CREATE INDEX customer_phone_by_number ON customer_phone (company_id, number, customer_id) WHERE position > 0;

CREATE TABLE lead_phone (
  company_id resource_id NOT NULL,
  lead_id resource_id NOT NULL,
  position smallint NOT NULL,
  number text COLLATE "C" NOT NULL,
  extension text NOT NULL DEFAULT '',
  label smallint NOT NULL DEFAULT 0,
  belongs_to smallint NOT NULL DEFAULT 1,
  person_name text NOT NULL DEFAULT '',
  CONSTRAINT lead_phone_pkey PRIMARY KEY (company_id, lead_id, position),
  CONSTRAINT lead_phone_lead_fkey FOREIGN KEY (company_id, lead_id) REFERENCES lead (company_id, id) ON DELETE CASCADE,
  CONSTRAINT lead_phone_position CHECK (position BETWEEN 0 AND 9),
  CONSTRAINT lead_phone_label CHECK (label BETWEEN 0 AND 4),
  CONSTRAINT lead_phone_belongs_to CHECK (belongs_to BETWEEN 1 AND 3)
);
CREATE INDEX lead_phone_by_number ON lead_phone (company_id, number, lead_id) WHERE position > 0;

GRANT SELECT, INSERT, UPDATE, DELETE ON customer_phone, lead_phone TO moego_service;
