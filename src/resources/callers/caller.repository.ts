import type { AccessFilter } from "../../core/access.js";
import type { CompanyResource } from "../../core/company-resource.js";
import { archivedError, notFoundError } from "../../core/errors.js";
import {
  accessFilterValues,
  grantPredicate,
  singleCompanyAccessPredicate,
  toPrismaPredicate,
} from "../../db/access-filter.js";
import { changedFields } from "../../db/changed-fields.js";
import { storeChange } from "../../db/contact-record.js";
import type { Database } from "../../db/database.js";
import { missingReferences } from "../../db/existing-ids.js";
import { once } from "../../db/idempotent-write.js";
import { statement } from "../../db/statement.js";
import { Prisma } from "../../gen/prisma/client.js";
import { customerFields } from "../customers/customer.columns.js";
import type { Customer, CustomerChange } from "../customers/customer.model.js";
import { customerReferences, lockCustomer, readCustomer } from "../customers/customer-change.repository.js";
import { type ProfileRow, profileColumns, toProfile } from "./caller.columns.js";
import type { CallerRepository, MissingProfileReference, ProfileChange, ProfileTransaction } from "./caller.model.js";
import { readFieldIds } from "./caller-field.repository.js";
import { createCallerFind } from "./caller-lookup.repository.js";
import { accountKinds, genders } from "./caller-profile.model.js";

/**
 * Callers, with hand-written SQL for the query and Prisma for changes. A change of a profile is a change of its
 * customer.
 */
export function createCallerRepository({ database }: { readonly database: Database }): CallerRepository {
  return {
    find: createCallerFind(database),
    fieldIds: (companyId, signal) => readFieldIds(database, companyId, signal),

    async getProfile({ accessFilter, id }, signal) {
      const [row] = await database.read<StoredProfile>(getStatement, [...accessFilterValues(accessFilter), id], signal);
      return row && readProfile(row);
    },

    change: (target, write, work) =>
      once(database, write, {
        lock: (tx) => lockCustomer(tx, target, "NO KEY UPDATE"),
        async work({ tx, locked: key, now, record }) {
          if (key.archived) throw archivedError("Customer", key.id);
          const former = await readCustomer(tx, key);
          const { unit, changes } = await createProfileUnit(tx, former, target.accessFilter);
          await work(unit);
          const { isLeft, change, nested } = changes();
          if (!isLeft) {
            const fields = customerFields;
            await storeChange(tx, { kind: "customer", former, fields, change, nested, now, write });
          }
          return record({ companyId: key.companyId, kind: "customer", ids: [key.id] });
        },
        response: ({ tx, locked }) => profileOf(tx, locked),
      }),
  };
}

interface StoredProfile extends ProfileRow {
  readonly company_id: string;
  readonly id: string;
  readonly version: string | bigint;
  readonly assigned_staff_id: string | null;
}

const selectProfile = `SELECT c.company_id, c.id, c.version, c.assigned_staff_id, ${profileColumns} FROM customer c`;

const getStatement = statement(
  "caller.profile",
  `${selectProfile} WHERE ${singleCompanyAccessPredicate("c")} AND c.id = $3`,
);

function readProfile(row: StoredProfile) {
  const { company_id: companyId, id, assigned_staff_id: assignedStaffId } = row;
  const staff = assignedStaffId === null ? {} : { assignedStaffId };
  return toProfile(row, { companyId, id, version: BigInt(row.version), ...staff });
}

async function profileOf(tx: Prisma.TransactionClient, { companyId, id }: CompanyResource) {
  const [row] = await tx.$queryRaw<StoredProfile[]>`
    ${Prisma.raw(selectProfile)} WHERE c.company_id = ${companyId} AND c.id = ${id}`;
  if (!row) throw notFoundError("Customer", id);
  return readProfile(row);
}

async function createProfileUnit(
  tx: Prisma.TransactionClient,
  customer: Customer,
  accessFilter: AccessFilter,
): Promise<{ readonly unit: ProfileTransaction; changes(): ProfileChanges }> {
  const { companyId, id: customerId } = customer;
  const ofKind = (kind: number) => ({ companyId, customerId, kind });

  const profile = await profileOf(tx, customer);
  const changed = new Set<string>();
  let change: CustomerChange = {};
  let isLeft = false;

  const unit: ProfileTransaction = {
    profile,
    skipUpdate() {
      isLeft = true;
    },

    async missing({ vipLevelId, assignedStaffId }) {
      const missing: MissingProfileReference[] = [];
      const usable = { companyId, id: vipLevelId ?? "", archivedTime: null };
      if (vipLevelId !== undefined && (await tx.vipLevel.count({ where: usable })) === 0) missing.push("vipLevelId");
      const ids = assignedStaffId === undefined ? {} : { assignedStaffId };
      const staff = await missingReferences(tx, { companyId, ids, references: customerReferences });
      return staff.length > 0 ? [...missing, "assignedStaffId"] : missing;
    },

    async save({ assignedStaffId, ...own }) {
      if (assignedStaffId !== undefined) change = { assignedStaffId };
      for (const field of changedFields(profile, { ...profile, ...own })) changed.add(field);
      const data = columns(own);
      await tx.customerProfile.upsert({
        where: { companyId_customerId: { companyId, customerId } },
        create: { companyId, customerId, ...data },
        update: data,
      });
    },

    async link(accountKind, accountId) {
      changed.add("accounts");
      const kind = accountKinds.numberOf(accountKind);
      await tx.customerAccount.deleteMany({ where: ofKind(kind) });
      for (;;) {
        // Waits for a transaction that links or unlinks the same account, and then sees its result.
        const inserted = await tx.$executeRaw`
          INSERT INTO customer_account (company_id, customer_id, kind, account_id)
          VALUES (${companyId}, ${customerId}, ${kind}, ${accountId})
          ON CONFLICT (company_id, account_id, kind) DO NOTHING`;
        if (inserted > 0) return undefined;
        const [holder] = await tx.$queryRaw<{ id: string; visible: boolean }[]>`
          SELECT c.id, ${toPrismaPredicate(grantPredicate("c"), accessFilter)} AS visible FROM customer_account a
          JOIN customer c ON c.company_id = a.company_id AND c.id = a.customer_id
          WHERE a.company_id = ${companyId} AND a.account_id = ${accountId} AND a.kind = ${kind}`;
        // The account was unlinked between the two statements.
        if (holder) return { customerId: holder.id, visible: holder.visible };
      }
    },

    async unlink(accountKind) {
      changed.add("accounts");
      await tx.customerAccount.deleteMany({ where: ofKind(accountKinds.numberOf(accountKind)) });
    },
  };
  return { unit, changes: () => ({ isLeft, change, nested: changed }) };
}

interface ProfileChanges {
  readonly isLeft: boolean;
  readonly change: CustomerChange;
  /** Names of changed fields of the profile. */
  readonly nested: ReadonlySet<string>;
}

function columns({ gender, visitorIds, ...same }: Omit<ProfileChange, "assignedStaffId">) {
  return {
    ...same,
    ...(gender === undefined ? {} : { gender: genders.numberOf(gender) }),
    ...(visitorIds === undefined ? {} : { visitorIds: [...visitorIds] }),
  };
}
