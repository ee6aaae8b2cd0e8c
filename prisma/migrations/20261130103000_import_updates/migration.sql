-- Updates of an import. undo_request has the fields that an update wrote and their former values; an erasure removes it with
-- the row.
ALTER TABLE import_record ADD COLUMN undo_request jsonb;
ALTER TABLE import_record DROP CONSTRAINT import_record_state_check;
ALTER TABLE import_record ADD CONSTRAINT import_record_state_check
  CHECK (state IN ('PLANNED', 'CREATED', 'UPDATING', 'UPDATED', 'UNDONE', 'LEFT')) NOT VALID;
ALTER TABLE import_record VALIDATE CONSTRAINT import_record_state_check;
