-- The write side of settings.

-- Unit of weight_high: 1 KILOGRAM, 2 POUND; null = weight_unit, which then holds for both limits.
ALTER TABLE pet_size ADD COLUMN weight_high_unit smallint;

ALTER TABLE custom_field ADD COLUMN last_updated_by text NOT NULL DEFAULT '';
