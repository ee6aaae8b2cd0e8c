-- Custom fields of pets: association type 1000, because the published API has no number for pets. What erases or stores
-- RELATION values meets them as it does those of customers and leads.
ALTER TABLE custom_field DROP CONSTRAINT custom_field_association_type;
ALTER TABLE custom_field ADD CONSTRAINT custom_field_association_type CHECK (association_type IN (1, 2, 1000)) NOT VALID;
ALTER TABLE custom_field VALIDATE CONSTRAINT custom_field_association_type;
ALTER TABLE pet ADD COLUMN custom_fields jsonb NOT NULL DEFAULT '{}';
CREATE TRIGGER pet_holds_relations AFTER INSERT OR UPDATE OF custom_fields ON pet
  FOR EACH ROW WHEN (NEW.custom_fields @? '$.*.relation') EXECUTE FUNCTION hold_relations_of_record();
CREATE INDEX pet_with_relation ON pet (company_id) WHERE custom_fields @? '$.*.relation';
