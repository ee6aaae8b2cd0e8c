import type { ProviderKeys } from "../../core/card-provider.js";
import { notFoundError } from "../../core/errors.js";
import { recordChange } from "../../db/audit-log.js";
import { companySecretContext } from "../../db/company-secret.js";
import type { Database } from "../../db/database.js";
import { once } from "../../db/idempotent-write.js";
import type { SecretCipher } from "../../db/secret-cipher.js";
import { statement } from "../../db/statement.js";
import type { Prisma } from "../../gen/prisma/client.js";
import type { StripeKeyRepository } from "./card.model.js";

const provider = "stripe";
const nameOf = { apiKey: "api_key", webhookSecret: "webhook_secret" } as const;

/**
 * The keys of companies at Stripe, encrypted.
 *
 * @param ofEnvironment for a deployment of one company. Ignored as soon as it has another one: the keys of one company
 * must never take the cards of another.
 */
export function createStripeKeyRepository(
  database: Database,
  cipher: SecretCipher,
  ofEnvironment?: ProviderKeys,
): StripeKeyRepository {
  return {
    async find(companyId, signal) {
      const rows = await database.read<SecretRow>(findSecrets, [companyId, provider], signal);
      const open = (name: string) => {
        const row = rows.find((found) => found.name === name);
        return row && cipher.open(row.sealed, companySecretContext([companyId, provider, name]));
      };
      const [apiKey, webhookSecret] = [open(nameOf.apiKey), open(nameOf.webhookSecret)];
      if (apiKey !== undefined && webhookSecret !== undefined) return { apiKey, webhookSecret };
      if (!ofEnvironment) return undefined;
      const companies = await database.read<{ readonly id: string }>(firstCompanies, [], signal);
      return companies.length === 1 && companies[0]?.id === companyId ? ofEnvironment : undefined;
    },

    set: (companyId, keys, write) =>
      once(database, write, {
        lock: (tx) => lockCompany(tx, companyId),
        async work({ tx, now, record }) {
          const isChanged = keys ? await store(tx, companyId, keys) : await remove(tx, companyId);
          if (isChanged) {
            const data = { version: { increment: 1 } } as const;
            const { version } = await tx.company.update({ where: { id: companyId }, data, select: { version: true } });
            const fields = ["stripe_keys"];
            await recordChange(tx, write, { companyId, kind: "company", id: companyId, version, time: now, fields });
          }
          return record({ companyId, kind: "company", ids: [companyId] });
        },
        response: async () => {},
      }),
  };

  async function store(tx: Prisma.TransactionClient, companyId: string, keys: ProviderKeys): Promise<boolean> {
    const secrets = [
      [nameOf.apiKey, keys.apiKey],
      [nameOf.webhookSecret, keys.webhookSecret],
    ] as const;
    for (const [name, secret] of secrets) {
      const sealed = cipher.seal(secret, companySecretContext([companyId, provider, name]));
      await tx.$executeRaw`INSERT INTO company_secret (company_id, provider, name, sealed)
        VALUES (${companyId}, ${provider}, ${name}, ${sealed})
        ON CONFLICT (company_id, provider, name) DO UPDATE SET sealed = excluded.sealed`;
    }
    return true;
  }

  async function remove(tx: Prisma.TransactionClient, companyId: string): Promise<boolean> {
    return (await tx.companySecret.deleteMany({ where: { companyId, provider } })).count > 0;
  }
}

async function lockCompany(tx: Prisma.TransactionClient, companyId: string): Promise<void> {
  const rows = await tx.$queryRaw<{ id: string }[]>`SELECT id FROM company WHERE id = ${companyId} FOR NO KEY UPDATE`;
  if (rows.length === 0) throw notFoundError("Company", companyId);
}

interface SecretRow {
  readonly name: string;
  readonly sealed: Buffer;
}

const findSecrets = statement(
  "stripe_keys.find",
  "SELECT name, sealed FROM company_secret WHERE company_id = $1 AND provider = $2",
);

/** Whether the deployment has one company. */
const firstCompanies = statement("stripe_keys.first_companies", "SELECT id FROM company ORDER BY id LIMIT 2");
