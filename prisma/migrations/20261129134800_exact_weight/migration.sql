-- Weights with decimals, as decimal numbers. Null = the rounded weight is all that is known. The previous version writes
-- only the rounded weight, so a reader ignores a decimal number that does not round to it.
ALTER TABLE pet ADD COLUMN exact_weight text;
ALTER TABLE pet_size ADD COLUMN exact_weight_low text;
ALTER TABLE pet_size ADD COLUMN exact_weight_high text;
