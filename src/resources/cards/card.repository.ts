import { createHash } from "node:crypto";
import { idPrefixes, newId } from "../../core/ids.js";
import { accessFilterValues, accessPredicate } from "../../db/access-filter.js";
import type { Database } from "../../db/database.js";
import { namedStatement } from "../../db/named-statement.js";
import { statement } from "../../db/statement.js";
import { type Card, type CardLink, type CardRepository, maxListedCards } from "./card.model.js";

/** Card links by their token, and the cards that persons entered on their pages. */
export function createCardRepository(database: Database): CardRepository {
  return {
    async findLink(token, signal) {
      const [row] = await database.read<LinkRow>(findLink, [createHash("sha256").update(token).digest()], signal);
      return row && toLink(row);
    },

    async awaits({ companyId, id }, sessionId, signal) {
      return (await database.read(awaitsSession, [companyId, id, sessionId], signal)).length > 0;
    },

    async saveSession({ companyId, id: linkId, attempt: seen }, { sessionId = null, attempt }, write) {
      const values = saveSession.values({ companyId, linkId, seen, sessionId, attempt });
      return (await database.write(saveSession, values, write)).length > 0;
    },

    async confirm({ companyId, id: linkId, sessionId = null }, card, write) {
      const { rpc, requestId } = write;
      const cardId = newId(idPrefixes.card);
      const values = confirmLink.values({ companyId, linkId, sessionId, cardId, ...card, rpc, requestId });
      await database.write(confirmLink, values, write);
    },

    async list(customerId, accessFilter, signal) {
      const rows = await database.read<CardRow>(listCards, [...accessFilterValues(accessFilter), customerId], signal);
      return rows.length === 0 ? undefined : rows.flatMap(toCards);
    },
  };
}

interface LinkRow {
  readonly company_id: string;
  readonly id: string;
  readonly company_name: string;
  readonly state: CardLink["state"];
  readonly provider_session_id: string | null;
  readonly provider_attempt: number;
  readonly provider_customer_id: string | null;
}

function toLink(row: LinkRow): CardLink {
  return {
    ...{ companyId: row.company_id, id: row.id, companyName: row.company_name, state: row.state },
    ...{ sessionId: row.provider_session_id ?? undefined, attempt: row.provider_attempt },
    providerCustomerId: row.provider_customer_id ?? undefined,
  };
}

/** Of any company: only the token is known, and the hash has a unique index. */
const findLink = statement(
  "cards.find_link",
  `SELECT l.company_id, l.id, c.name AS company_name, l.provider_session_id, l.provider_attempt, CASE
     WHEN l.used_time IS NOT NULL THEN 'used'
     WHEN l.expired_time <= clock_timestamp() THEN 'expired'
     WHEN u.archived_time IS NOT NULL THEN 'expired'
     ELSE 'valid' END AS state,
     (SELECT k.provider_customer_id FROM customer_card k
      WHERE k.company_id = l.company_id AND k.customer_id = l.customer_id AND k.provider = 'STRIPE'
      ORDER BY k.created_time DESC, k.id DESC LIMIT 1) AS provider_customer_id
   FROM card_link l
   JOIN company c ON c.id = l.company_id
   JOIN customer u ON u.company_id = l.company_id AND u.id = l.customer_id
   WHERE l.token_hash = $1`,
);

const awaitsSession = statement(
  "cards.awaits_session",
  `SELECT 1 AS found FROM card_link
   WHERE company_id = $1 AND id = $2 AND provider_session_id = $3 AND used_time IS NULL`,
);

const saveSession = namedStatement<{
  readonly companyId: string;
  readonly linkId: string;
  readonly seen: number;
  readonly sessionId: string | null;
  readonly attempt: number;
}>(
  "cards.save_session",
  `UPDATE card_link SET provider_session_id = :sessionId, provider_attempt = :attempt
   WHERE company_id = :companyId AND id = :linkId AND provider_attempt = :seen AND used_time IS NULL
   RETURNING id`,
);

/**
 * One statement: a link is used up exactly when its card is stored, or was, and the audit log says so. A concurrent
 * confirmation waits. The lock keeps an erasure from missing the row of the audit log.
 */
const confirmLink = namedStatement<{
  readonly companyId: string;
  readonly linkId: string;
  readonly sessionId: string | null;
  readonly cardId: string;
  readonly provider: string;
  readonly providerCustomerId: string;
  readonly paymentMethodId: string;
  readonly brand: string;
  readonly lastFour: string;
  readonly expiryMonth: number;
  readonly expiryYear: number;
  readonly rpc: string;
  readonly requestId: string;
}>(
  "cards.confirm_link",
  `WITH used AS (
     UPDATE card_link SET used_time = clock_timestamp()
     WHERE company_id = :companyId AND id = :linkId AND used_time IS NULL
       AND provider_session_id IS NOT DISTINCT FROM :sessionId
     RETURNING company_id, customer_id, used_time),
   holder AS MATERIALIZED (
     SELECT c.company_id, c.id, c.version, c.preferred_business_id AS location, used.used_time
     FROM used JOIN customer c ON c.company_id = used.company_id AND c.id = used.customer_id
     WHERE c.company_id = :companyId FOR KEY SHARE OF c),
   changed AS (
     INSERT INTO change (company_id, kind, resource_id, version, rpc, key_id, request_id, changed_time, changed_fields,
       location_before, location_after)
     SELECT company_id, 'customer', id, version, :rpc, '', :requestId, used_time, '{cards}', location, location
     FROM holder RETURNING 1)
   INSERT INTO customer_card (company_id, id, customer_id, provider, provider_customer_id, payment_method_id, brand,
     last_four, expiry_month, expiry_year, created_time)
   SELECT company_id, :cardId, customer_id, :provider, :providerCustomerId, :paymentMethodId, :brand, :lastFour,
     :expiryMonth::int, :expiryYear::int, used_time
   FROM used ON CONFLICT (company_id, provider, payment_method_id) DO NOTHING`,
);

/** All columns are null for a customer without a card. */
interface CardRow {
  readonly id: string | null;
  readonly provider: Card["provider"];
  readonly provider_customer_id: string;
  readonly payment_method_id: string;
  readonly brand: string;
  readonly last_four: string;
  readonly expiry_month: number;
  readonly expiry_year: number;
  readonly created_time: Date;
}

const listCards = statement(
  "cards.list",
  `SELECT k.* FROM customer c LEFT JOIN LATERAL (
     SELECT k.id, k.provider, k.provider_customer_id, k.payment_method_id, k.brand, k.last_four, k.expiry_month,
       k.expiry_year, k.created_time
     FROM customer_card k WHERE k.company_id = c.company_id AND k.customer_id = c.id
     ORDER BY k.created_time DESC, k.id DESC LIMIT ${maxListedCards}) k ON true
   WHERE ${accessPredicate("c")} AND c.id = $3
   ORDER BY k.created_time DESC, k.id DESC`,
);

function toCards(row: CardRow): readonly Card[] {
  if (row.id === null) return [];
  return [
    {
      ...{ id: row.id, provider: row.provider, providerCustomerId: row.provider_customer_id },
      ...{ paymentMethodId: row.payment_method_id, brand: row.brand, lastFour: row.last_four },
      ...{ expiryMonth: row.expiry_month, expiryYear: row.expiry_year, createdTime: row.created_time },
    },
  ];
}
