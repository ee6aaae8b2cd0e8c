-- Who created and who last changed a pet, by staff id; empty when nobody is known. The rights of the table cover them, and
-- a constant default rewrites no row.
ALTER TABLE pet
  ADD COLUMN created_by text NOT NULL DEFAULT '',
  ADD COLUMN last_updated_by text NOT NULL DEFAULT '';
