import { idPrefixes, newId } from "../../core/ids.js";
import type { Database } from "../../db/database.js";
import { statement } from "../../db/statement.js";
import type { ExportLog } from "./export.model.js";

/** Records exports beside the reads that db/key-use-log.ts records, but before they are answered. */
export function createExportLog(database: Database): ExportLog {
  return {
    async start({ companyId, person }, write) {
      const id = newId(idPrefixes.keyUse);
      const { rpc, keyId, requestId, recordedAddress = "" } = write;
      const records = person ? [`${person.kind.toLowerCase()}/${person.id}`] : [];
      await database.write(
        insertUse,
        [companyId, id, keyId, rpc, records, requestId, recordedAddress, new Date()],
        write,
      );
      return id;
    },

    async count({ companyId, useId, counts }, write) {
      await database.write(addCounts, [companyId, useId, JSON.stringify(counts)], write);
    },
  };
}

const insertUse = statement(
  "exports.start",
  `INSERT INTO key_use (company_id, id, key_id, rpc, records, request_id, client_address, used_time, exported)
   VALUES ($1, $2, $3, $4, $5, $6, $7, $8, '{}')`,
);

const addCounts = statement(
  "exports.count",
  `UPDATE key_use u SET exported = u.exported || $3::jsonb WHERE u.company_id = $1 AND u.id = $2`,
);
