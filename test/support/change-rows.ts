import type { TestServer } from "./server.js";

export interface ChangeRow {
  readonly kind: string;
  readonly version: string;
}

/** The rows of the ledger of changes about what has the id, oldest first. */
export async function changesOf(server: TestServer, id: string): Promise<readonly ChangeRow[]> {
  const { rows } = await server.database.owner.query<ChangeRow>(
    "SELECT kind, version, rpc, key_id, staff_id, request_id FROM change WHERE resource_id = $1 ORDER BY id",
    [id],
  );
  return rows;
}
