import { createHash, createHmac } from "node:crypto";
import { archived, notFound } from "../domain/errors.js";
import { idPrefixes, newId } from "../domain/ids.js";
import type { CardLinkRepository } from "../domain/repositories.js";
import type { Database } from "./database.js";
import { beginChange, onceMoreAfterTwin, replayed, storeClaim } from "./idempotency.js";
import { theOne } from "./visibility.js";

/**
 * One-time links to enter a payment card. The token is an HMAC of the row's id under our secret: only its hash is
 * stored, and yet a replayed call can be given the same token again.
 */
export function createCardLinkRepository(database: Database, secret: Uint8Array): CardLinkRepository {
  const tokenOf = (id: string) => createHmac("sha256", secret).update(`card-link:${id}`).digest("base64url");

  return {
    mint({ visibility, id: customerId }, lifetimeMs, write) {
      const companyIds = [...visibility.companyIds];
      const grants = [...visibility.grants];
      return onceMoreAfterTwin(() =>
        database.transact(write, async (tx) => {
          const rows = await tx.$queryRaw<{ company_id: string; archived: boolean }[]>`
            SELECT c.company_id, c.archived_time IS NOT NULL AS archived FROM customer c
            WHERE c.company_id = ANY(${companyIds}::text[]) AND c.id = ${customerId}
              AND (c.company_id = ANY(${grants}::text[]) OR c.company_id || '/' || c.preferred_business_id = ANY(${grants}::text[]))
            FOR KEY SHARE`;
          const customer = theOne(rows, "Customer", customerId);
          if (!customer) throw notFound("Customer", customerId);
          const { now, replay } = await beginChange(tx, write);
          if (write.claim && replay) {
            const [earlier = ""] = replayed(write.claim, replay);
            return tokenOf(earlier);
          }
          if (customer.archived) throw archived("Customer", customerId);
          const id = newId(idPrefixes.cardLink);
          const token = tokenOf(id);
          const companyId = customer.company_id;
          const tokenHash = createHash("sha256").update(token).digest();
          const createdBy = write.staffId ?? "";
          const expiredTime = new Date(now.getTime() + lifetimeMs);
          await tx.cardLink.create({
            data: { companyId, id, customerId, tokenHash, createdBy, createdTime: now, expiredTime },
          });
          await storeClaim(tx, write, { companyId, resourceIds: [id] });
          return token;
        }),
      );
    },
  };
}
