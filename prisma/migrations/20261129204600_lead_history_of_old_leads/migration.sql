-- In a transaction of its own, so that the lock that the trigger takes on leads is not held for long.
-- What the leads have now, from the last change that the audit log has of it.
INSERT INTO lead_history (company_id, lead_id, kind, value_id, started_time, started_by)
  SELECT l.company_id, l.id, v.kind, v.value_id, coalesce(c.changed_time, l.created_time), coalesce(c.staff_id, l.created_by)
  FROM lead l CROSS JOIN LATERAL (VALUES (1, 'life_cycle_id', l.life_cycle_id), (2, 'action_status_id', l.action_status_id))
    v (kind, field, value_id)
  LEFT JOIN LATERAL (
    SELECT e.changed_time, e.staff_id FROM change e
    WHERE e.company_id = l.company_id AND e.kind = 'lead' AND e.resource_id = l.id AND e.changed_fields @> ARRAY[v.field]
    ORDER BY e.version DESC LIMIT 1) c ON true
  WHERE v.value_id IS NOT NULL AND NOT EXISTS (
    SELECT 1 FROM lead_history h WHERE h.company_id = l.company_id AND h.lead_id = l.id AND h.kind = v.kind);
