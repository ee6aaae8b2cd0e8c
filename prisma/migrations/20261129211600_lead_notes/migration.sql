-- Notes, tags and source of leads, as customers have them. A promotion moves the notes and tags to the customer.
CREATE TABLE lead_note (
  company_id resource_id NOT NULL,
  id resource_id NOT NULL,
  lead_id resource_id NOT NULL,
  note text NOT NULL,
  created_time timestamptz NOT NULL,
  last_updated_by text NOT NULL DEFAULT '',
  last_updated_time timestamptz NOT NULL,
  CONSTRAINT lead_note_pkey PRIMARY KEY (company_id, id),
  CONSTRAINT lead_note_lead_fkey FOREIGN KEY (company_id, lead_id) REFERENCES lead (company_id, id) ON DELETE CASCADE
);
CREATE INDEX lead_note_by_created ON lead_note (company_id, lead_id, created_time DESC, id DESC);

CREATE TABLE lead_tag (
  company_id resource_id NOT NULL,
  lead_id resource_id NOT NULL,
  tag_id resource_id NOT NULL,
  CONSTRAINT lead_tag_pkey PRIMARY KEY (company_id, lead_id, tag_id),
  CONSTRAINT lead_tag_lead_fkey FOREIGN KEY (company_id, lead_id) REFERENCES lead (company_id, id) ON DELETE CASCADE,
  CONSTRAINT lead_tag_tag_fkey FOREIGN KEY (company_id, tag_id) REFERENCES tag (company_id, id)
);
CREATE INDEX lead_tag_by_tag ON lead_tag (company_id, tag_id, lead_id);

ALTER TABLE lead ADD COLUMN source text NOT NULL DEFAULT '';

GRANT SELECT, INSERT, UPDATE, DELETE ON lead_note TO moego_service;
GRANT SELECT, INSERT, DELETE ON lead_tag TO moego_service;
CALL protect_tenant('lead_note');
CALL protect_tenant('lead_tag');
