import { actingStaffId, type WriteContext } from "../../core/write.js";
import { updatedTime } from "../../db/audit-columns.js";
import { recordChange } from "../../db/audit-log.js";
import type { Database } from "../../db/database.js";
import { createEraser, eraseRecord } from "../../db/erasure/erasure.js";
import type { Pseudonym } from "../../db/erasure/pseudonym.js";
import { once } from "../../db/once.js";
import type { Prisma } from "../../gen/prisma/client.js";
import { assertNotPromoted, type Lead } from "./lead.model.js";
import type { LeadAdminRepository } from "./lead-admin.model.js";
import { lockLead, readLead } from "./lead-change.repository.js";
import { importLead } from "./lead-import.repository.js";
import type { LeadTarget } from "./lead-store.model.js";

/** Archives, restores, erases and imports leads, each in one transaction. */
export function createLeadAdminRepository(database: Database, pseudonym: Pseudonym): LeadAdminRepository {
  return {
    setArchived: (target, archived, write) => setArchived(database, { target, archived, write }),

    erase(target, write) {
      const lock = (tx: Prisma.TransactionClient) => lockLead(tx, target);
      return createEraser(database, { lock, kind: "lead", write }, async (tx, key, now) => {
        assertNotPromoted(await readLead(tx, key));
        await eraseRecord(tx, write, { ...key, kind: "lead", time: now, pseudonym });
      });
    },

    import: (target, write, work) => importLead(database, { target, write, pseudonym, work }),
  };
}

interface Archiving {
  readonly target: LeadTarget;
  readonly archived: boolean;
  readonly write: WriteContext;
}

function setArchived(database: Database, { target, archived, write }: Archiving): Promise<Lead> {
  return once(database, write, {
    lock: (tx) => lockLead(tx, target),
    async work({ tx, locked: key, now, record }) {
      const lead = await readLead(tx, key);
      if (assertNotPromoted(lead).archived !== archived) {
        const version = lead.version + 1n;
        const lastUpdatedTime = updatedTime(lead, now);
        const stamp = { lastUpdatedBy: actingStaffId(write, key.companyId), lastUpdatedTime, version };
        await tx.lead.update({
          where: { companyId_id: key },
          data: { archivedTime: archived ? now : null, ...stamp },
        });
        await recordChange(tx, write, { ...key, kind: "lead", version, time: now });
      }
      return record({ companyId: key.companyId, kind: "lead", ids: [key.id] });
    },
    response: ({ tx, locked }) => readLead(tx, locked),
  });
}
