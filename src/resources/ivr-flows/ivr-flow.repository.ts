import type { CompanyResource } from "../../core/company-resource.js";
import { actingStaffId } from "../../core/write.js";
import { timestamp } from "../../db/audit-log.js";
import { type Columns, companyRecords, findRow, type LimitedDatabase, updateRow } from "../../db/company-records.js";
import { countedBy } from "../../db/growth.js";
import { resolveNameCursor } from "../../db/record-list.js";
import { statement } from "../../db/statement.js";
import { Prisma } from "../../gen/prisma/client.js";
import type { FlowDefinition, IvrFlow, IvrFlowRepository } from "./ivr-flow.model.js";

/** IVR flows of companies. */
export function createIvrFlowRepository(limited: LimitedDatabase): IvrFlowRepository {
  const { database } = limited;
  const flows = companyRecords(limited, {
    ...{ kind: "ivr_flow", resource: "IvrFlow", measures: countedBy("MAX_IVR_FLOWS"), find },
  });
  return {
    async get({ companyId, id }, signal) {
      const [row] = await database.read<FlowRow>(getFlow, [companyId, id], signal);
      return row && toFlow(row);
    },

    async list({ companyId, page, showArchived }, signal) {
      const after = await resolveNameCursor(database, { nameOf: flowName, scope: [companyId], page }, signal);
      const values = [companyId, page.size + 1, page.offset, ...after, showArchived];
      return (await database.read<FlowRow>(listFlows, values, signal)).map(toFlow);
    },

    create: ({ companyId, id, name, description, definition }, write, check) =>
      flows.create({ companyId, id }, write, (tx, now) => {
        check();
        const by = actingStaffId(write, companyId);
        const time = timestamp(now);
        return tx.$executeRaw`INSERT INTO ivr_flow (company_id, id, name, description, definition,
              created_by, created_time, last_updated_by, last_updated_time)
            VALUES (${companyId}, ${id}, ${name}, ${description}, ${JSON.stringify(definition)}::jsonb,
              ${by}, ${time}, ${by}, ${time})`;
      }),

    change: (target, write, decide) =>
      flows.change(target, write, async (tx, now) => {
        const edit = decide(await find(tx, target));
        if (!edit) return undefined;
        const { definition, archived, ...texts } = edit;
        const columns: Columns = {
          ...texts,
          ...(definition ? { definition: Prisma.sql`${JSON.stringify(definition)}::jsonb` } : {}),
          ...(archived === undefined ? {} : { archived_time: archived ? timestamp(now) : null }),
        };
        return updateRow(tx, { kind: "ivr_flow", target, columns, now, write });
      }),
  };
}

const getFlow = statement("ivr_flow.get", "SELECT * FROM ivr_flow WHERE company_id = $1 AND id = $2");

const listFlows = statement(
  "ivr_flow.list",
  `SELECT * FROM ivr_flow f WHERE f.company_id = $1
     AND ($5::text IS NULL OR (f.name, f.id) > (($4::text[])[1], $5))
     AND ($6::boolean OR f.archived_time IS NULL)
   ORDER BY f.name, f.id LIMIT $2 OFFSET $3`,
);

const flowName = statement(
  "ivr_flow.name",
  "SELECT ARRAY[name] AS name FROM ivr_flow WHERE id = $1 AND company_id = $2",
);

interface FlowRow {
  readonly company_id: string;
  readonly id: string;
  readonly name: string;
  readonly description: string;
  /** Earlier versions stored no `timeoutExit` and `timeoutOutputs`. */
  readonly definition: Omit<FlowDefinition, keyof typeof noTimeout> & Partial<FlowDefinition>;
  readonly archived_time: Date | null;
  readonly created_by: string;
  readonly created_time: Date;
  readonly last_updated_by: string;
  readonly last_updated_time: Date;
  /** A string in node-postgres, a bigint in Prisma. */
  readonly version: string | bigint;
}

async function find(tx: Prisma.TransactionClient, target: CompanyResource): Promise<IvrFlow | undefined> {
  const row = await findRow<FlowRow>(tx, "ivr_flow", target);
  return row && toFlow(row);
}

const noTimeout = { timeoutExit: "", timeoutOutputs: [] } as const;

function toFlow(row: FlowRow): IvrFlow {
  return {
    companyId: row.company_id,
    ...{ id: row.id, name: row.name, description: row.description },
    definition: { ...noTimeout, ...row.definition },
    archived: row.archived_time !== null,
    createdBy: row.created_by,
    createdTime: row.created_time,
    lastUpdatedBy: row.last_updated_by,
    lastUpdatedTime: row.last_updated_time,
    version: BigInt(row.version),
  };
}
