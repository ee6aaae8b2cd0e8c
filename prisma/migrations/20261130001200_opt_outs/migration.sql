-- Opt-outs by number or email address, and their reversals. contact is a keyed hash, so that an entry names nobody and can
-- outlive the erasure of its person. The newest entry of a contact and a channel decides.
CREATE TABLE opt_out (
  company_id resource_id NOT NULL,
  id resource_id NOT NULL,
  contact text COLLATE "C" NOT NULL,
  contact_kind smallint NOT NULL,
  channels smallint[] NOT NULL,
  opted_out boolean NOT NULL,
  source smallint NOT NULL,
  occurred_time timestamptz NOT NULL,
  rpc text COLLATE "C" NOT NULL,
  key_id text COLLATE "C" NOT NULL,
  staff_id text COLLATE "C" NOT NULL DEFAULT '',
  request_id text COLLATE "C" NOT NULL,
  CONSTRAINT opt_out_pkey PRIMARY KEY (company_id, id),
  CONSTRAINT opt_out_company_fkey FOREIGN KEY (company_id) REFERENCES company (id)
);
CREATE INDEX opt_out_by_contact ON opt_out (company_id, contact, occurred_time DESC, id DESC);
CREATE INDEX opt_out_by_time ON opt_out (company_id, occurred_time DESC, id DESC);
CREATE TRIGGER opt_out_is_a_ledger BEFORE UPDATE OR DELETE OR TRUNCATE ON opt_out
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_ledger_change();
GRANT SELECT, INSERT ON opt_out TO moego_service;
CALL protect_tenant('opt_out');

-- What an opt-out took from the consent and the preference of the entry, or kept a request from permitting.
ALTER TABLE consent_event ADD COLUMN withheld jsonb;
DROP TRIGGER consent_event_is_a_ledger ON consent_event;
CREATE TRIGGER consent_event_is_a_ledger
  BEFORE DELETE OR TRUNCATE OR UPDATE OF company_id, id, subject_kind, occurred_time, rpc, key_id, staff_id, request_id,
    before, after, given_time, source, recorded_by, evidence_reference, evidence_wording_version, evidence_language,
    evidence_address, preference_before, preference_after, withheld ON consent_event
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_ledger_change();

-- The channels from which one of the lines of a record is opted out. A line has several contacts if its number has several
-- forms; lines has the number of the line of each contact. NULL if the caller does not know the key of the hashes, although
-- the company has one.
--
-- Opt-outs hold the locks exclusively until they end. So a record that gets a line waits for an opt-out of that line, and
-- finds it: each statement of a volatile function has a snapshot of its own. Or the opt-out waits, and finds the record.
CREATE FUNCTION opted_out_channels(company text, contacts text[], lines integer[], locked text[]) RETURNS smallint[]
LANGUAGE plpgsql AS $$
DECLARE
  one text;
BEGIN
  IF contacts IS NULL THEN
    PERFORM pg_advisory_xact_lock_shared(hashtext('first opt-out'), hashtext(company));
    IF EXISTS (SELECT 1 FROM company_secret s WHERE s.company_id = company AND s.provider = 'opt_out') THEN
      RETURN NULL;
    END IF;
    RETURN '{}';
  END IF;
  FOREACH one IN ARRAY locked LOOP
    PERFORM pg_advisory_xact_lock_shared(hashtext('opt-out'), hashtext(one));
  END LOOP;
  RETURN ARRAY(SELECT DISTINCT n.channel FROM (
    SELECT DISTINCT ON (g.line, c.channel) c.channel, o.opted_out
    FROM unnest(contacts, lines) AS g (contact, line)
    JOIN opt_out o ON o.company_id = company AND o.contact = g.contact
    CROSS JOIN LATERAL unnest(o.channels) AS c (channel)
    ORDER BY g.line, c.channel, o.occurred_time DESC, o.id DESC) n WHERE n.opted_out ORDER BY n.channel);
END $$;
