import type { Channel } from "../../core/consent.js";
import { type ContactLine, hasLine, linesOf } from "../../core/contact-line.js";
import {
  consentWith,
  consentWithout,
  preferenceWith,
  preferenceWithout,
  stillWithheld,
  type Withheld,
  withheldFrom,
} from "../../core/contact-rule.js";
import type { WriteContext } from "../../core/write.js";
import { readLedgers } from "../../db/consent-ledger.js";
import { formsOf, type HashKey } from "../../db/contact-hash.js";
import { phonesJson } from "../../db/contact-phones.js";
import { hashesOf, optedOutLinesSql, toChannels } from "../../db/opt-out-list.js";
import { Prisma } from "../../gen/prisma/client.js";
import { type CustomerRow, customerColumns, toCustomer } from "../customers/customer.columns.js";
import { type LeadRow, leadColumns, toLead } from "../leads/lead.columns.js";
import { type ChangedHolder, type Holder, storeHolders } from "./holder-change.repository.js";
import type { OptOutRequest } from "./opt-out.model.js";

interface HolderChange extends OptOutRequest {
  readonly optedOut: boolean;
  readonly key: HashKey;
  readonly now: Date;
  readonly write: WriteContext;
}

/**
 * Withdraws or gives back channels of all customers and leads of the company that have the number or address, archived
 * ones as well. Leads come first: if one is promoted at the same time, its customer is then found. The number of statements
 * does not depend on how many there are.
 */
export async function changeHolders(tx: Prisma.TransactionClient, asked: HolderChange): Promise<void> {
  for (const kind of ["lead", "customer"] as const) {
    const ids = await lockHolders(tx, kind, asked);
    const found = kind === "customer" ? await customersOf(tx, asked, ids) : await leadsOf(tx, asked, ids);
    const holders = found.filter((holder) => hasLine(holder, asked.line));
    const { companyId } = asked;
    const ledgers = await readLedgers(
      tx,
      { companyId, kind },
      holders.map(({ id }) => id),
    );
    const stillOut = await optedOutOf(tx, asked, holders);
    const changed = holders.flatMap((holder) => {
      const ledger = ledgers.get(holder.id) ?? [];
      const choice = asked.optedOut
        ? withdrawn(holder, asked.channels)
        : restored(
            holder,
            stillWithheld(
              ledger,
              asked.channels.filter((channel) => !stillOut(holder.id).includes(channel)),
            ),
          );
      return choice ? [{ ...choice, former: holder, lastEntry: ledger.at(-1)?.occurredTime }] : [];
    });
    await storeHolders(tx, { ...asked, kind, changed });
  }
}

type NewChoice = Pick<ChangedHolder, "consent" | "preference" | "withheld">;

function withdrawn(holder: Holder, channels: readonly Channel[]): NewChoice | undefined {
  const withheld = withheldFrom(holder, channels);
  if (!withheld) return undefined;
  const { consent, preference } = holder;
  const withoutFlags = preference && preferenceWithout(preference, withheld);
  return { consent: consentWithout(consent, withheld), preference: withoutFlags, withheld };
}

function restored({ consent, preference }: Holder, taken: Withheld | undefined): NewChoice | undefined {
  if (!taken) return undefined;
  return { consent: consentWith(consent, taken), preference: preference && preferenceWith(preference, taken) };
}

/** Ids of the records that have the line. The caller looks again under the lock. */
async function lockHolders(
  tx: Prisma.TransactionClient,
  kind: "customer" | "lead",
  { companyId, line }: HolderChange,
): Promise<readonly string[]> {
  const rows = await tx.$queryRaw<{ id: string }[]>`
    SELECT r.id FROM ${Prisma.raw(kind)} r WHERE r.company_id = ${companyId}
      AND r.id IN (${havingLine(kind, companyId, line)})
      ${Prisma.raw(kind === "lead" ? "AND r.promoted_customer_id IS NULL" : "")}
    ORDER BY r.id FOR NO KEY UPDATE`;
  return rows.map(({ id }) => id);
}

function havingLine(kind: "customer" | "lead", companyId: string, line: ContactLine): Prisma.Sql {
  const [table, phones, owner] = [kind, `${kind}_phone`, `${kind}_id`].map((name) => Prisma.raw(name));
  const forms = [...formsOf(line)];
  if (line.kind === "EMAIL") {
    return Prisma.sql`SELECT d.id FROM ${table} d
      WHERE d.company_id = ${companyId} AND d.email_key = ANY(${forms}::text[]) AND d.email_key <> ''`;
  }
  return Prisma.sql`SELECT d.id FROM ${table} d
      WHERE d.company_id = ${companyId} AND d.phone = ANY(${forms}::text[]) AND d.phone <> ''
    UNION SELECT p.${owner} FROM ${phones} p
      WHERE p.company_id = ${companyId} AND p.number = ANY(${forms}::text[]) AND p.position > 0`;
}

async function customersOf(
  tx: Prisma.TransactionClient,
  { companyId }: HolderChange,
  ids: readonly string[],
): Promise<readonly Holder[]> {
  const rows = await tx.$queryRaw<CustomerRow[]>`
    SELECT ${Prisma.raw(customerColumns)}, ${phonesOf("customer", "c")}, NULL AS addresses, NULL AS tags, NULL AS notes,
      NULL AS referral_source, NULL AS url_template FROM customer c
    WHERE c.company_id = ${companyId} AND c.id = ANY(${[...ids]}::text[])`;
  return rows.map(toCustomer);
}

async function leadsOf(
  tx: Prisma.TransactionClient,
  { companyId }: HolderChange,
  ids: readonly string[],
): Promise<readonly Holder[]> {
  const rows = await tx.$queryRaw<LeadRow[]>`
    SELECT ${Prisma.raw(leadColumns)}, ${phonesOf("lead", "l")}, NULL AS tags, NULL AS notes, NULL AS pets,
      NULL AS life_cycle, NULL AS action_status, NULL AS referral_source FROM lead l
    WHERE l.company_id = ${companyId} AND l.id = ANY(${[...ids]}::text[])`;
  return rows.map(toLead);
}

/** The only children that an opt-out needs. */
function phonesOf(kind: "customer" | "lead", alias: string): Prisma.Sql {
  return Prisma.raw(`(SELECT ${phonesJson} FROM ${kind}_phone p
    WHERE p.company_id = ${alias}.company_id AND p.${kind}_id = ${alias}.id) AS phones`);
}

/** The channels from which one of the lines of each holder is opted out. */
async function optedOutOf(
  tx: Prisma.TransactionClient,
  { companyId, key }: HolderChange,
  holders: readonly Holder[],
): Promise<(id: string) => readonly Channel[]> {
  const owned = holders.flatMap((holder) => linesOf(holder).map((line) => ({ id: holder.id, line })));
  const hashes = hashesOf(
    key,
    owned.map(({ line }) => line),
  );
  const text = optedOutLinesSql("$1", "$2");
  const rows = await tx.$queryRawUnsafe<{ line: number; channel: number }[]>(text, companyId, JSON.stringify(hashes));
  const channels = new Map<string, number[]>();
  for (const { line, channel } of rows) {
    const id = owned[line]?.id ?? "";
    channels.set(id, [...(channels.get(id) ?? []), channel]);
  }
  return (id) => toChannels(channels.get(id) ?? []);
}
