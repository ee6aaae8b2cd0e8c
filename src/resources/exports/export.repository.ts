import type { Snapshot, Snapshots } from "../../db/snapshots.js";
import type { ExportReader, ExportRepository, ExportScope } from "./export.model.js";
import { companySetting, customerSetting, leadSetting } from "./exported-person.columns.js";
import { rowsOf } from "./exported-rows.columns.js";
import { exportedTables } from "./exported-tables.columns.js";

/** Reads exports. PostgreSQL writes CSV itself, and this process only forwards the bytes. */
export function createExportRepository(snapshots: Snapshots): ExportRepository {
  return {
    async open(scope, resumed, signal) {
      const snapshot = resumed
        ? await snapshots.reopen(resumed.snapshotId, resumed.snapshotTime, signal)
        : await snapshots.open(signal);
      try {
        const found = await find(snapshot, scope);
        await snapshot.set({
          [companySetting]: scope.companyId,
          [customerSetting]: found?.customer ?? "",
          [leadSetting]: found?.lead ?? "",
          ...oneProcess,
        });
        return readerOf(snapshot, scope, found !== undefined);
      } catch (error) {
        await snapshot.close();
        throw error;
      }
    },
  };
}

function readerOf(snapshot: Snapshot, { format, person }: ExportScope, isFound: boolean): ExportReader {
  return {
    ...{ snapshotId: snapshot.id, snapshotTime: snapshot.time, isFound },
    async *read(name, skippedRows, signal) {
      const table = exportedTables.find((known) => known.name === name);
      if (!table) throw new Error(`${name} is not exported`);
      const hasHeader = format === "CSV" && skippedRows === 0;
      const options = { format, isOfPerson: person !== undefined, skippedRows };
      let isFirst = true;
      for await (const { bytes, rows } of rowsOf(table, options, (text) => snapshot.copy(text, signal))) {
        // The names of the columns arrive like a row.
        yield { bytes, rows: isFirst && hasHeader ? rows - 1 : rows };
        isFirst = false;
      }
    },
    end: ({ canContinue }) => (canContinue ? snapshot.park() : snapshot.close()),
  };
}

/**
 * PostgreSQL would read customers in several processes and hand each row from one to the other, which takes 1.4 times the
 * CPU time of one process (PostgreSQL 18.4, 100,000 customers). Requests need the other cores.
 */
const oneProcess = { max_parallel_workers_per_gather: "0" };

interface Found {
  readonly customer: string | null;
  readonly lead: string | null;
}

/** The company; of a person, the customer and the lead that they are. */
async function find(snapshot: Snapshot, { companyId, person }: ExportScope): Promise<Found | undefined> {
  if (!person) {
    const [row] = await snapshot.ask<Found>(findCompany, [companyId]);
    return row;
  }
  const [row] = await snapshot.ask<Found>(person.kind === "CUSTOMER" ? findCustomer : findLead, [companyId, person.id]);
  return row;
}

const findCompany = "SELECT NULL AS customer, NULL AS lead FROM company WHERE id = $1";
const findCustomer = `SELECT c.id AS customer, (SELECT string_agg(l.id, ',') FROM lead l
    WHERE l.company_id = $1 AND l.promoted_customer_id = c.id) AS lead
  FROM customer c WHERE c.company_id = $1 AND c.id = $2`;
const findLead = "SELECT promoted_customer_id AS customer, id AS lead FROM lead WHERE company_id = $1 AND id = $2";
