-- How many tags a company can still get: `most` in use, four times as many with archived ones. Locks the company row, as
-- other changes of settings do, and counts only then: each statement of a volatile function has a snapshot of its own.
CREATE FUNCTION tag_room(company text, most bigint) RETURNS bigint LANGUAGE plpgsql AS $$
BEGIN
  PERFORM 1 FROM company c WHERE c.id = tag_room.company FOR NO KEY UPDATE;
  RETURN (
    SELECT least(most - count(*) FILTER (WHERE t.archived_time IS NULL), 4 * most - count(*))
    FROM tag t WHERE t.company_id = tag_room.company);
END $$;
