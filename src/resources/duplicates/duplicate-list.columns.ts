import { confidences, maxHolders } from "./duplicate.model.js";

/** Customers that one statement reads. A constant: from a parameter PostgreSQL would expect a tenth of the table. */
export const readAtOnce = 100;

/** What a list of duplicates is ordered by. */
export interface DuplicateOrder {
  readonly column: "created_time" | "last_updated_time";
  readonly descending: boolean;
}

/** Whether the customer `alias` can be listed. */
const isListed = (alias: string) => `${alias}.archived_time IS NULL
    AND CASE WHEN :businessIds::text[] IS NULL THEN true ELSE ${alias}.preferred_business_id = ANY (:businessIds::text[]) END`;

/** All numbers of the customer `alias`, in the collation of the index of main phones. The other index takes both. */
const numbersOf = (alias: string) => `SELECT ${alias}.phone AS number WHERE ${alias}.phone <> ''
      UNION ALL SELECT o.number COLLATE pg_catalog."default" FROM customer_phone o
        WHERE o.company_id = :companyId AND o.customer_id = ${alias}.id AND o.position > 0`;

/** The name and breed of each pet of the customer `alias`. */
const petsOf = (alias: string) => `SELECT fold_name(o.name) AS name, fold_name(o.breed) AS breed FROM pet o
      WHERE o.company_id = :companyId AND o.customer_id = ${alias}.id AND o.archived_time IS NULL AND o.breed <> ''`;

/** Customers with one value, and whether too many have it. One row more than are compared tells. */
const holders = (rows: string) => `SELECT h.id, count(*) OVER () > ${maxHolders} AS is_common FROM (${rows}) h`;
const some = maxHolders + 1;

/** Customers that have a value of the customer `w`. Each value is looked up in its index, which limits the rows. */
const candidates = [
  `SELECT g.id, g.is_common FROM (${numbersOf("w")}) v, LATERAL (${holders(`
      (SELECT c.id FROM customer c WHERE c.company_id = :companyId AND c.phone = v.number AND c.phone <> ''
        ORDER BY c.created_time DESC, c.id DESC LIMIT ${some})
      UNION ALL (SELECT p.customer_id FROM customer_phone p
        WHERE p.company_id = :companyId AND p.number = v.number AND p.position > 0
        ORDER BY p.customer_id DESC LIMIT ${some})`)}) g`,
  `SELECT g.id, g.is_common FROM (${holders(`
      SELECT c.id FROM customer c WHERE c.company_id = :companyId AND c.email_key = w.email_key AND c.email_key <> ''
        ORDER BY c.created_time DESC, c.id DESC LIMIT ${some}`)}) g`,
  `SELECT g.id, g.is_common FROM customer_search v, LATERAL (${holders(`
      SELECT s.customer_id AS id FROM customer_search s WHERE s.company_id = :companyId AND s.sort_name = v.sort_name
        ORDER BY s.customer_id DESC LIMIT ${some}`)}) g
      WHERE :looksAtNames::boolean AND v.company_id = :companyId AND v.customer_id = w.id AND v.sort_name <> ''`,
  `SELECT g.id, g.is_common FROM (${petsOf("w")}) v, LATERAL (${holders(`
      SELECT p.customer_id AS id FROM pet p WHERE p.company_id = :companyId AND fold_name(p.name) = v.name
        AND fold_name(p.breed) = v.breed AND p.customer_id IS NOT NULL AND p.archived_time IS NULL AND p.breed <> ''
        ORDER BY p.customer_id DESC LIMIT ${some}`)}) g WHERE :looksAtPets::boolean`,
].join("\n    UNION ALL ");

/** The name of the customer `alias`, null if it has none. */
const nameOf = (alias: string) => `SELECT nullif(s.sort_name, '') FROM customer_search s
        WHERE s.company_id = :companyId AND s.customer_id = ${alias}.id`;

/** What the customers `w` and `d` have in common, whatever found them: a bit for each of `pairMatches`. */
const common = `SELECT
      CASE WHEN EXISTS (SELECT 1 FROM (${numbersOf("w")}) a JOIN (${numbersOf("d")}) b ON b.number = a.number) THEN 1 ELSE 0 END
      + CASE WHEN d.email_key = w.email_key AND d.email_key <> '' THEN 2 ELSE 0 END AS contacts,
      CASE WHEN (${nameOf("w")}) = (${nameOf("d")}) THEN 4 ELSE 0 END
      + CASE WHEN EXISTS (SELECT 1 FROM (${petsOf("w")}) a JOIN (${petsOf("d")}) b ON b.name = a.name AND b.breed = a.breed)
        THEN 8 ELSE 0 END AS others`;

/** Of what two customers have in common. */
const confidence = `CASE WHEN q.contacts > 0 AND (q.contacts = 3 OR q.others > 0) THEN ${confidences.numberOf("HIGH")}
          WHEN q.contacts > 0 OR q.others = 12 THEN ${confidences.numberOf("MEDIUM")} ELSE ${confidences.numberOf("LOW")} END`;

/**
 * Customers with their duplicates, and the last customer that was read if there may be more. Reads the customers behind
 * `:afterTime` and `:afterId` in the order.
 */
export function duplicatesSql({ column, descending }: DuplicateOrder): string {
  const [direction, behind] = descending ? ["DESC", "<"] : ["ASC", ">"];
  // Those in use have an index. In the order of changes, archived customers are read as well.
  const isRead = descending ? "c.archived_time IS NULL" : "c.last_updated_time < :horizon::timestamptz";
  return `WITH walked AS MATERIALIZED (
  SELECT r.*, row_number() OVER (ORDER BY r.place ${direction}, r.id ${direction}) AS n FROM (
    SELECT c.id, c.phone, c.email_key, c.archived_time, c.preferred_business_id, c.${column} AS place FROM customer c
    WHERE c.company_id = :companyId AND (c.${column}, c.id) ${behind} (:afterTime::timestamptz, :afterId) AND ${isRead}
    ORDER BY c.${column} ${direction}, c.id ${direction} LIMIT ${readAtOnce}) r)
SELECT w.id, w.place, w.n::integer AS n, f.duplicates
FROM walked w LEFT JOIN LATERAL (
  SELECT json_agg(json_build_object('id', m.id, 'confidence', m.confidence, 'matches', m.matches)
    ORDER BY m.confidence DESC, m.created_time DESC, m.id DESC) AS duplicates
  FROM (
    SELECT d.id, d.created_time, ${confidence} AS confidence, q.contacts + q.others AS matches
    FROM (
      SELECT u.id, bool_and(u.is_common) AS is_common FROM (
    ${candidates}) u WHERE u.id <> w.id GROUP BY u.id) k
    -- One by one: joined, they would be read by a scan of the whole table as long as the planner expects few customers.
    CROSS JOIN LATERAL (SELECT * FROM customer x WHERE x.company_id = :companyId AND x.id = k.id LIMIT 1) d
    CROSS JOIN LATERAL (${common} OFFSET 0) q
    WHERE ${isListed("d")} AND (d.${column}, d.id) < (w.place, w.id) AND (q.contacts + q.others) & :wanted::integer > 0
      AND CASE WHEN k.is_common THEN q.contacts + q.others NOT IN (1, 2, 4, 8) ELSE true END
      AND NOT EXISTS (SELECT 1 FROM dismissed_duplicate t WHERE t.company_id = :companyId
        AND t.customer_id = least(d.id, w.id) AND t.other_customer_id = greatest(d.id, w.id))) m
  WHERE m.confidence >= :minConfidence::integer) f ON ${isListed("w")}
WHERE CASE WHEN w.n = ${readAtOnce} THEN true ELSE f.duplicates IS NOT NULL END
ORDER BY w.n`;
}
