import { createHash } from "node:crypto";
import { idPrefixes, newId } from "../../core/ids.js";
import type { Database } from "../../db/database.js";
import { namedStatement } from "../../db/named-statement.js";
import { statement } from "../../db/statement.js";
import type { CardLink, CardRepository } from "./card.model.js";

/** Card links by their token, and the cards that persons entered on their pages. */
export function createCardRepository(database: Database): CardRepository {
  return {
    async findLink(token, signal) {
      const [row] = await database.read<LinkRow>(findLink, [createHash("sha256").update(token).digest()], signal);
      return row && { companyId: row.company_id, id: row.id, companyName: row.company_name, state: row.state };
    },

    async confirm({ companyId, id: linkId }, card, write) {
      const values = confirmLink.values({ companyId, linkId, cardId: newId(idPrefixes.card), ...card });
      return (await database.write(confirmLink, values, write)).length > 0;
    },
  };
}

interface LinkRow {
  readonly company_id: string;
  readonly id: string;
  readonly company_name: string;
  readonly state: CardLink["state"];
}

/** Of any company: only the token is known, and the hash has a unique index. */
const findLink = statement(
  "cards.find_link",
  `SELECT l.company_id, l.id, c.name AS company_name, CASE
     WHEN l.used_time IS NOT NULL THEN 'used'
     WHEN l.expired_time <= clock_timestamp() THEN 'expired'
     WHEN u.archived_time IS NOT NULL THEN 'expired'
     ELSE 'valid' END AS state
   FROM card_link l
   JOIN company c ON c.id = l.company_id
   JOIN customer u ON u.company_id = l.company_id AND u.id = l.customer_id
   WHERE l.token_hash = $1`,
);

/** One statement: a link is used up exactly when its card is stored. A concurrent confirmation waits for the row. */
const confirmLink = namedStatement<{
  readonly companyId: string;
  readonly linkId: string;
  readonly cardId: string;
  readonly provider: string;
  readonly providerCustomerId: string;
  readonly paymentMethodId: string;
  readonly brand: string;
  readonly lastFour: string;
  readonly expiryMonth: number;
  readonly expiryYear: number;
}>(
  "cards.confirm_link",
  `WITH used AS (
     UPDATE card_link SET used_time = clock_timestamp()
     WHERE company_id = :companyId AND id = :linkId AND used_time IS NULL
     RETURNING company_id, customer_id, used_time)
   INSERT INTO customer_card (company_id, id, customer_id, provider, provider_customer_id, payment_method_id, brand,
     last_four, expiry_month, expiry_year, created_time)
   SELECT company_id, :cardId, customer_id, :provider, :providerCustomerId, :paymentMethodId, :brand, :lastFour,
     :expiryMonth::int, :expiryYear::int, used_time
   FROM used RETURNING id`,
);
