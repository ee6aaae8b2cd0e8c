-- Whether a company refuses phones that are possible but not valid in their country. They were always accepted.
ALTER TABLE company ADD COLUMN refuses_doubtful_phones boolean NOT NULL DEFAULT false;
