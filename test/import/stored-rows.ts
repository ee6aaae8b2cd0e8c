import type pg from "pg";
import type { StoredOwner, StoredPet } from "./dirty-row.js";

/** The customers of a company, as a made row states them. */
export async function storedOwners(owner: pg.Pool, companyId: string): Promise<readonly StoredOwner[]> {
  const { rows } = await owner.query<StoredOwner>(
    `SELECT c.first_name || ' ' || c.last_name AS name, c.email, coalesce(a.postal_code, '') AS "postalCode",
       concat_ws(', ', (SELECT c.phone WHERE NOT EXISTS (SELECT 1 FROM customer_phone p
           WHERE p.company_id = c.company_id AND p.customer_id = c.id AND p.position = 0)),
         (SELECT string_agg(p.number || CASE p.extension WHEN '' THEN '' ELSE ' x' || p.extension END, ', '
           ORDER BY p.position) FROM customer_phone p WHERE p.company_id = c.company_id AND p.customer_id = c.id))
         AS phones,
       CASE WHEN c.created_time < '2026-01-01' THEN to_char(c.created_time AT TIME ZONE 'UTC', 'YYYY-MM-DD') ELSE '' END
         AS since,
       coalesce((SELECT string_agg(n.note, ' | ') FROM customer_note n
         WHERE n.company_id = c.company_id AND n.customer_id = c.id), '') AS note
     FROM customer c
     LEFT JOIN customer_address a ON a.company_id = c.company_id AND a.customer_id = c.id
     WHERE c.company_id = $1`,
    [companyId],
  );
  return rows;
}

/** The pets of a company, as a made row states them. */
export async function storedPets(owner: pg.Pool, companyId: string): Promise<readonly StoredPet[]> {
  const { rows } = await owner.query<StoredPet>(
    `SELECT c.first_name || ' ' || c.last_name AS owner, p.name, p.breed,
       CASE p.type WHEN 2 THEN 'DOG' WHEN 3 THEN 'CAT' ELSE p.type::text END AS kind,
       btrim(CASE p.gender WHEN 1 THEN 'MALE' WHEN 2 THEN 'FEMALE' ELSE '' END
         || CASE p.fixed WHEN 'yes' THEN ' fixed' WHEN 'no' THEN ' intact' ELSE '' END) AS sex,
       coalesce(coalesce(p.exact_weight, p.weight::text)
         || CASE p.weight_unit WHEN 1 THEN ' KILOGRAM' ELSE ' POUND' END, '') AS weight,
       coalesce(p.birthday::text, p.partial_birthday, '') AS born
     FROM pet p JOIN customer c ON c.company_id = p.company_id AND c.id = p.customer_id
     WHERE p.company_id = $1`,
    [companyId],
  );
  return rows;
}
