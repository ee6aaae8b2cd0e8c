import { respectingOptOut } from "../../core/contact-rule.js";
import { idPrefixes, newId } from "../../core/ids.js";
import type { ImportLookups } from "../../core/record-import.js";
import type { WriteContext } from "../../core/write.js";
import { recordChange, recordConsent, timestamp } from "../../db/audit-log.js";
import { phoneData } from "../../db/contact-phones.js";
import { importRecord, setArchived } from "../../db/contact-record.js";
import { createEraser, eraseRecord, type RecordKey } from "../../db/erasure/erasure.js";
import type { Pseudonym } from "../../db/erasure/pseudonym.js";
import { missingReferences } from "../../db/existing-ids.js";
import { insertExternalIds, refusingTakenIds } from "../../db/external-ids.js";
import { addressData } from "../../db/nested-rows.js";
import type { ContactDatabase, OptOutKeys } from "../../db/opt-out-key.js";
import { optedOutChannels } from "../../db/opt-out-list.js";
import type { Prisma } from "../../gen/prisma/client.js";
import { resolveTags } from "../setting-lists/tag.repository.js";
import { customerFields } from "./customer.columns.js";
import { newCustomerFields } from "./customer.model.js";
import type { CustomerAdminRepository, CustomerImportUnit } from "./customer-admin.model.js";
import { customerReferences, lockCustomer, readCustomer } from "./customer-change.repository.js";
import { decrementCustomerCount, incrementCustomerCount } from "./customer-limit.repository.js";
import { sizedCustomer } from "./customer-size.repository.js";

/** Archives, restores, erases and imports customers, each in one transaction. */
export function createCustomerAdminRepository(
  { database, limits, optOutKeys }: ContactDatabase,
  pseudonym: Pseudonym,
): CustomerAdminRepository {
  const maxTags = limits.ofCompany.MAX_TAGS;
  return {
    setArchived: (target, archived, write, admit) =>
      setArchived(database, {
        ...{ kind: "customer", archived, write },
        lock: (tx) => lockCustomer(tx, target, "NO KEY UPDATE"),
        read: readCustomer,
        admit: (tx, { companyId }) =>
          admit({
            companyId,
            count: () => incrementCustomerCount(tx, companyId),
            uncount: () => decrementCustomerCount(tx, companyId),
          }),
      }),

    erase(target, write, condition) {
      // A sale of a package excludes only an UPDATE.
      const strength = condition ? "UPDATE" : "NO KEY UPDATE";
      const lock = (tx: Prisma.TransactionClient) => lockCustomer(tx, target, strength);
      return createEraser(
        database,
        { ...condition, lock, kind: "customer", write },
        async (tx, { companyId, id }, now) => {
          const customer = await readCustomer(tx, { companyId, id });
          if (!customer.archived) await decrementCustomerCount(tx, companyId);
          const erased = { companyId, time: now, pseudonym };
          const leads = await tx.lead.findMany({ where: { companyId, promotedCustomerId: id }, select: { id: true } });
          await eraseRecord(tx, write, { ...erased, kind: "customer", id });
          for (const lead of leads) await eraseRecord(tx, write, { ...erased, kind: "lead", id: lead.id });
        },
      );
    },

    import: (target, write, work) =>
      refusingTakenIds(
        importRecord(database, {
          ...{ kind: "customer", resource: "Customer", target, write, pseudonym },
          assertSeen: (tx) => lockCustomer(tx, target, "KEY SHARE"),
          work: (tx, lookups) => work(createImportUnit(tx, lookups, { target, write, maxTags, optOutKeys })),
          read: readCustomer,
          size: sizedCustomer(limits.recordBytes),
        }),
      ),
  };
}

interface ImportUnitOptions {
  readonly target: RecordKey;
  readonly write: WriteContext;
  readonly maxTags: number;
  readonly optOutKeys: OptOutKeys;
}

function createImportUnit(
  tx: Prisma.TransactionClient,
  lookups: ImportLookups,
  { target: { companyId, id }, write, maxTags, optOutKeys }: ImportUnitOptions,
): CustomerImportUnit {
  const { now } = lookups;
  return {
    ...lookups,
    missing: (ids) => missingReferences(tx, { companyId, ids, references: customerReferences }),

    resolveTags: (references, mayCreate) =>
      resolveTags(tx, { companyId, references, carried: [], mayCreate, maxTags, now, write }),
    count: () => incrementCustomerCount(tx, companyId),

    async insert(customer) {
      const { createdBy, createdTime, lastUpdatedBy, lastUpdatedTime } = customer;
      const channels = await optedOutChannels(tx, optOutKeys, { companyId, after: customer });
      const { choice, withheld } = respectingOptOut(customer, channels);
      await tx.$executeRaw(
        customerFields.insert(
          "customer",
          { ...newCustomerFields, ...customer, consent: choice.consent, preference: choice.preference },
          {
            ...{ company_id: companyId, id, created_by: createdBy, created_time: timestamp(createdTime) },
            ...{ last_updated_by: lastUpdatedBy, last_updated_time: timestamp(lastUpdatedTime) },
          },
        ),
      );
      const phones = phoneData(customer.phones).map((phone) => ({ companyId, customerId: id, ...phone }));
      if (phones.length > 0) await tx.customerPhone.createMany({ data: phones });
      if (customer.address) {
        const { id: addressId = newId(idPrefixes.address), ...address } = customer.address;
        const data = { companyId, customerId: id, id: addressId, ...addressData(address) };
        await tx.customerAddress.create({ data });
      }
      await insertExternalIds(tx, { kind: "customer", companyId }, [{ id, externalIds: customer.externalIds }]);
      await tx.customerNote.createMany({
        data: customer.notes.map(({ id: noteId = newId(idPrefixes.note), text: note, ...stamp }) => ({
          ...{ companyId, customerId: id, id: noteId, note, ...stamp },
        })),
      });
      await tx.customerTag.createMany({
        data: customer.tags.map((tag) => ({ companyId, customerId: id, tagId: tag.id })),
      });
      const subject = { companyId, subjectKind: "customer", subjectId: id } as const;
      const { consent: after, preference: preferenceAfter } = choice;
      const { provenance } = customer;
      await recordConsent(tx, write, { ...subject, after, preferenceAfter, provenance, withheld, time: now });
      const location = { after: customer.preferredBusinessId };
      await recordChange(tx, write, { companyId, kind: "customer", id, version: 1n, time: now, fields: [], location });
    },
  };
}
