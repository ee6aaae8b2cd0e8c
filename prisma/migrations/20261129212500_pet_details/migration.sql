-- What other systems know of a pet. A birthday of which only the year, or the year and the month, is known is in
-- partial_birthday as yyyy or yyyy-MM, while birthday is NULL: a build that does not know the column shows no day that
-- nobody gave.
ALTER TABLE pet ADD COLUMN partial_birthday text;
ALTER TABLE pet ADD COLUMN microchip text NOT NULL DEFAULT '';
ALTER TABLE pet ADD COLUMN color text NOT NULL DEFAULT '';
ALTER TABLE pet ADD COLUMN allergies text NOT NULL DEFAULT '';
ALTER TABLE pet ADD COLUMN feeding text NOT NULL DEFAULT '';
ALTER TABLE pet ADD COLUMN medication text NOT NULL DEFAULT '';
ALTER TABLE pet ADD COLUMN special_needs text NOT NULL DEFAULT '';
