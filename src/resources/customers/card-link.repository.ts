import { createHash, createHmac } from "node:crypto";
import { archivedError } from "../../core/errors.js";
import { idPrefixes, newId } from "../../core/ids.js";
import { actingStaffId } from "../../core/write.js";
import type { Database } from "../../db/database.js";
import { once } from "../../db/idempotent-write.js";
import type { Prisma } from "../../gen/prisma/client.js";
import type { CardLinkRepository } from "./customer.model.js";
import { lockCustomer } from "./customer-change.repository.js";

/**
 * One-time links to enter a payment card. The token is an HMAC of the row's id under a secret of the server. Only its
 * hash is stored, and yet a replay can return the same token.
 *
 * @param secrets at least 32 bytes each: the current one, then previous ones, whose links remain valid and are replayed
 */
export function createCardLinkRepository(
  database: Database,
  [present, ...older]: readonly [Uint8Array, ...Uint8Array[]],
): CardLinkRepository {
  const tokenOf = (id: string, secret = present) =>
    createHmac("sha256", secret).update(`card-link:${id}`).digest("base64url");

  /** The token that was returned when the link was created. */
  const storedToken = async (tx: Prisma.TransactionClient, companyId: string, id: string) => {
    if (older.length === 0) return tokenOf(id);
    const row = await tx.cardLink.findUnique({
      where: { companyId_id: { companyId, id } },
      select: { tokenHash: true },
    });
    const tokens = [present, ...older].map((secret) => tokenOf(id, secret));
    return tokens.find((token) => row && hashOf(token).equals(row.tokenHash)) ?? tokenOf(id);
  };

  return {
    mint(target, lifetimeMs, write) {
      return once(database, write, {
        lock: (tx) => lockCustomer(tx, target, "KEY SHARE"),
        async work({ tx, locked: customer, now, record }) {
          if (customer.archived) throw archivedError("Customer", customer.id);
          const id = newId(idPrefixes.cardLink);
          const { companyId } = customer;
          await tx.cardLink.create({
            data: {
              companyId,
              id,
              customerId: customer.id,
              tokenHash: Uint8Array.from(hashOf(tokenOf(id))),
              createdBy: actingStaffId(write, companyId),
              createdTime: now,
              expiredTime: new Date(now.getTime() + lifetimeMs),
            },
          });
          return record({ companyId, kind: "card_link", ids: [id] });
        },
        response: ({ tx, locked: { companyId }, ids: [id = ""] }) => storedToken(tx, companyId, id),
      });
    },
  };
}

function hashOf(token: string): Buffer {
  return createHash("sha256").update(token).digest();
}
