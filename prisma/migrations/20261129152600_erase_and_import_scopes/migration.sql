-- Erasing and importing have scopes of their own, which an empty list does not include. Existing keys keep what they
-- could do. The previous version ignores scopes that it does not know, but must not find a list empty.
UPDATE api_key SET scopes = ARRAY['customer:read', 'customer:write', 'lead:read', 'lead:write', 'pet:read', 'pet:write',
  'package:read', 'package:write', 'setting:read', 'setting:write', 'directory:read', 'callcenter:read',
  'callcenter:write', 'callcenter:invoke', 'consent:read']
WHERE cardinality(scopes) = 0;

UPDATE api_key SET scopes = scopes
  || CASE WHEN scopes && ARRAY['customer:write'] THEN ARRAY['customer:erase'] ELSE ARRAY[]::text[] END
  || CASE WHEN scopes && ARRAY['lead:write'] THEN ARRAY['lead:erase'] ELSE ARRAY[]::text[] END
  || CASE WHEN scopes && ARRAY['customer:write', 'lead:write', 'pet:write'] THEN ARRAY['record:import']
     ELSE ARRAY[]::text[] END
WHERE scopes && ARRAY['customer:write', 'lead:write', 'pet:write'];
