import { expect, it } from "vitest";
import { CustomerService } from "../../src/gen/proto/moego/business/customer/v1/customer_service_pb.js";
import { transports } from "../support/clients.js";
import { startServer } from "../support/server.js";
import { timed } from "../support/timed.js";

const clients = 64;
const lastingMs = 2_000;
const limit = { perSecond: 10, burst: 10 };
const environment = { RATE_LIMIT_PER_KEY: `${limit.perSecond}/s burst ${limit.burst}` };

it(
  "never admits more than burst + rate * time of 64 clients at once, on all transports, and not much less",
  timed,
  async () => {
    const { admitted, most } = await flood(environment);
    expect(admitted).toBeLessThanOrEqual(most);
    // Calls begin for two seconds; how long the last of them take adds nothing.
    expect(admitted).toBeGreaterThan((limit.burst + (limit.perSecond * lastingMs) / 1_000) * 0.8);
  },
);

it("admits more without a limit, so that the bound says something", async () => {
  const { admitted, most } = await flood({});
  expect(admitted).toBeGreaterThan(most);
});

/** Calls without a pause; tells how many were admitted, and how many could be at most under the limit. */
async function flood(given: Readonly<Record<string, string>>) {
  const server = await startServer({ environment: given });
  try {
    const startMs = performance.now();
    let admitted = 0;
    const client = async (index: number) => {
      const transport = transports[index % transports.length] ?? "grpc";
      while (performance.now() < startMs + lastingMs) {
        const answer = await server.call(CustomerService.method.getCustomer, { id: "cus_a1" }, { transport });
        if (answer.ok) admitted += 1;
        else expect(answer.reason).toBe("RATE_LIMITED");
      }
    };
    await Promise.all(Array.from({ length: clients }, (_, index) => client(index)));
    const seconds = (performance.now() - startMs) / 1_000;
    return { admitted, most: limit.burst + limit.perSecond * seconds };
  } finally {
    await server.stop();
  }
}
