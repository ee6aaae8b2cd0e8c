import { connectOwner } from "../migrate/roles.js";

/** The beginning of values that are encrypted with one key. */
export interface SealedHead {
  readonly table: "external_api_secret" | "company_secret" | "flow_run";
  readonly head: Buffer;
}

/** One per table and key, of all companies. The head names the key (secret-cipher.ts). */
export async function readSealed(url: string): Promise<readonly SealedHead[]> {
  const client = await connectOwner(url, "moego-move");
  try {
    const { rows } = await client.query<SealedHead>(
      `SELECT 'external_api_secret' AS table, substr(sealed, 1, 5) AS head FROM external_api_secret GROUP BY 2
       UNION ALL SELECT 'company_secret', substr(sealed, 1, 5) FROM company_secret GROUP BY 2
       UNION ALL SELECT 'flow_run', substr(response, 1, 5) FROM flow_run WHERE response IS NOT NULL GROUP BY 2`,
    );
    return rows;
  } finally {
    await client.end();
  }
}
