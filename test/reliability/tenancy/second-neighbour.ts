import type pg from "pg";
import { neighbour, tenantTables } from "./neighbour.js";

/** Comes after the tenant in every index, as the neighbour comes before it. */
const secondNeighbour = "cmp_zz";

/**
 * Gives another company what the neighbour has: whether the service takes the first or the last
 * of several rows, it is a foreign one.
 */
export async function addSecondNeighbour(owner: pg.Pool): Promise<void> {
  const client = await owner.connect();
  try {
    await client.query("SET tenancy.open = 'on'");
    await client.query("INSERT INTO company (id, name, country, time_zone) VALUES ($1, 'zq.zz', 'US', 'Etc/UTC')", [
      secondNeighbour,
    ]);
    for (const { name, columns } of await tenantTables(client)) {
      if (name === "company") continue;
      const list = columns.map((column) => `"${column.name}"`).join(", ");
      await client.query(
        `INSERT INTO "${name}" (${list}) OVERRIDING SYSTEM VALUE
         SELECT ${columns.map((column) => `r."${column.name}"`).join(", ")} FROM "${name}" t,
           jsonb_populate_record(NULL::"${name}", to_jsonb(t) || jsonb_build_object('company_id', $1::text)) r
         WHERE t.company_id = $2 ON CONFLICT DO NOTHING`,
        [secondNeighbour, neighbour],
      );
    }
  } finally {
    await client.query("RESET tenancy.open");
    client.release();
  }
}
