import { fixtureKey } from "../support/fixture-keys.js";
import { startServer } from "../support/server.js";
import type { Prepared } from "./steps.js";

const burst = 20;

export interface PreparedServer {
  /** With keys that no other client has. */
  forClient(): Promise<Prepared>;
  stop(): Promise<void>;
}

/**
 * The real service with little rate per API key, and with one customer whose row stays locked.
 *
 * @param origins the pages of browsers that may call it
 */
export async function startPrepared(origins: readonly string[]): Promise<PreparedServer> {
  const server = await startServer({
    environment: {
      RATE_LIMIT_PER_KEY: `2/s burst ${burst}`,
      RATE_LIMIT_PER_COMPANY: "10000/s",
      MAX_CALLS_IN_FLIGHT_PER_COMPANY: "100",
      CORS_ORIGINS: origins.join(","),
    },
  });
  const holder = await server.database.owner.connect();
  await holder.query("BEGIN");
  await holder.query("SELECT FROM customer WHERE company_id = 'cmp_a' AND id = 'cus_a2' FOR UPDATE");
  let clients = 0;
  return {
    async forClient() {
      clients += 1;
      const keys = ["steps", "retry"].map((use) =>
        fixtureKey(`key_client_${clients}_${use}`, [{ type: "COMPANY", id: "cmp_a" }]),
      );
      await server.insertKeys(keys);
      return {
        httpUrl: server.app.httpUrl,
        grpcPort: server.app.grpcPort,
        key: keys[0]?.secret ?? "",
        retryKey: keys[1]?.secret ?? "",
        companyId: "cmp_a",
        businessId: "biz_a1",
        heldCustomerId: "cus_a2",
        burst,
      };
    },
    async stop() {
      await holder.query("ROLLBACK");
      holder.release();
      await server.stop();
    },
  };
}
