-- Packages are listed by company, by change, by expiry and by the units that remain. The sum of the ledger is kept in the
-- package, so that a list can filter by it; responses still sum the ledger up.
ALTER TABLE package ADD COLUMN remaining_quantity integer NOT NULL DEFAULT 0;

-- A trigger, so that the previous version keeps the sum as well. Whoever appends has locked the package.
CREATE FUNCTION count_package_units() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE package p SET remaining_quantity = p.remaining_quantity + NEW.quantity
    WHERE p.company_id = NEW.company_id AND p.id = NEW.package_id AND NEW.quantity <> 0;
  RETURN NULL;
END $$;
CREATE TRIGGER package_ledger_is_counted AFTER INSERT ON package_ledger
  FOR EACH ROW EXECUTE FUNCTION count_package_units();
-- CREATE TRIGGER has locked the ledger against writers, so the sums stay right until the transaction ends.
UPDATE package p SET remaining_quantity = l.units
  FROM (SELECT company_id, package_id, sum(quantity)::integer AS units FROM package_ledger GROUP BY 1, 2) l
  WHERE l.company_id = p.company_id AND l.package_id = p.id;

CREATE INDEX package_by_purchase ON package (company_id, purchase_time DESC, id DESC);
CREATE INDEX package_by_updated ON package (company_id, last_updated_time, id);
-- The last day or the end, whichever is first, without a time zone: a day or two beside the exact one, which the list
-- checks as well. Packages that never expire are not in it.
CREATE INDEX package_by_expiry ON package (company_id, (least(expiration_date::timestamp, end_time AT TIME ZONE 'UTC')))
  WHERE least(expiration_date::timestamp, end_time AT TIME ZONE 'UTC') < '9999-01-01';
