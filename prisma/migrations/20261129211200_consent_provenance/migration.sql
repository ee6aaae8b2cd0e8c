-- A consent has its own time, source and evidence, and who recorded it. given_time is null in entries of the previous
-- build, as are the preferences: what they were is not known. evidence_reference and evidence_address are free text and
-- may name the person.
ALTER TABLE consent_event
  ADD COLUMN given_time timestamptz,
  ADD COLUMN source smallint NOT NULL DEFAULT 0,
  ADD COLUMN recorded_by text COLLATE "C" NOT NULL DEFAULT '',
  ADD COLUMN evidence_reference text COLLATE "C" NOT NULL DEFAULT '',
  ADD COLUMN evidence_wording_version text COLLATE "C" NOT NULL DEFAULT '',
  ADD COLUMN evidence_language text COLLATE "C" NOT NULL DEFAULT '',
  ADD COLUMN evidence_address text COLLATE "C" NOT NULL DEFAULT '',
  ADD COLUMN preference_before jsonb,
  ADD COLUMN preference_after jsonb;

DROP TRIGGER consent_event_is_a_ledger ON consent_event;
CREATE TRIGGER consent_event_is_a_ledger
  BEFORE DELETE OR TRUNCATE OR UPDATE OF company_id, id, subject_kind, occurred_time, rpc, key_id, staff_id, request_id,
    before, after, given_time, source, recorded_by, evidence_reference, evidence_wording_version, evidence_language,
    evidence_address, preference_before, preference_after ON consent_event
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_ledger_change();

-- An erasure replaces the id of the subject, and what may name the person goes with it.
CREATE FUNCTION forget_consent_evidence() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.evidence_reference := '';
  NEW.evidence_address := '';
  RETURN NEW;
END $$;
CREATE TRIGGER consent_event_loses_its_evidence BEFORE UPDATE ON consent_event
  FOR EACH ROW EXECUTE FUNCTION forget_consent_evidence();
