-- Nothing of an erased record stays in the snapshots of other people, and neither that it was no duplicate of them.
CREATE OR REPLACE FUNCTION forget_in_snapshots(company text, kind text, record_id text) RETURNS void LANGUAGE sql AS $$
  UPDATE customer_merge_snapshot s SET snapshot = jsonb_set(jsonb_set(jsonb_set(jsonb_set(s.snapshot,
    '{pets}', CASE WHEN $2 = 'pet' THEN (s.snapshot -> 'pets') - $3 ELSE s.snapshot -> 'pets' END),
    '{dismissed}', coalesce(s.snapshot -> 'dismissed', '[]') - $3),
    '{intoDismissed}', coalesce(s.snapshot -> 'intoDismissed', '[]') - $3),
    '{relations}', (SELECT coalesce(jsonb_agg(r.value), '[]') FROM jsonb_array_elements(s.snapshot -> 'relations') r
      WHERE NOT (r.value ->> 'kind' = $2 AND r.value ->> 'id' = $3)))
  WHERE s.company_id = $1 AND (s.snapshot -> 'pets' @> to_jsonb($3)
    OR s.snapshot -> 'dismissed' @> to_jsonb($3) OR s.snapshot -> 'intoDismissed' @> to_jsonb($3)
    OR s.snapshot -> 'relations' @> jsonb_build_array(jsonb_build_object('id', $3)))
$$;
