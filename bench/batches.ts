import { httpClient } from "./clients.js";
import type { CpuMeter } from "./cpu-time.js";
import { businessId, companyId, secret } from "./rows.js";
import type { Service } from "./service.js";

/** Customers per second, and the CPU time of one customer in microseconds. */
export interface BatchFigures {
  readonly name: string;
  readonly perSecond: number;
  readonly cpu: { readonly server: number; readonly database: number };
}

const batchSize = 500;
const rounds = 3;
const roundMs = 4_000;

const firstNames = [
  "James",
  "Mary",
  "Robert",
  "Patricia",
  "John",
  "Jennifer",
  "Michael",
  "Linda",
  "David",
  "Elizabeth",
];
const lastNames = [
  "Smith",
  "Johnson",
  "Williams",
  "Brown",
  "Jones",
  "Garcia",
  "Miller",
  "Davis",
  "Rodriguez",
  "Martinez",
];

/** A customer with an address and a note, whose name and lines no other one has. */
function customer(number: number) {
  return {
    ...{ companyId, preferredBusinessId: businessId },
    firstName: firstNames[number % firstNames.length],
    lastName: `${lastNames[Math.floor(number / 10) % lastNames.length]} ${number}`,
    phone: `+1312${String(number % 10_000_000).padStart(7, "0")}`.replace(/^\+1312[01]/, "+13122"),
    email: `person${number}@example.com`,
    address: { address1: `${number} Main Street`, city: "New York", state: "NY", postalCode: "10001", country: "US" },
    notes: [{ note: "A note of some length about the customer." }],
  };
}

/** Creates customers one at a time, 32 at a time and in batches, in turns, so that all meet the same machine. */
export async function measureBatches({ httpUrl }: Service, meter: CpuMeter): Promise<readonly BatchFigures[]> {
  const http = httpClient(httpUrl, secret);
  let last = 0;
  const next = () => {
    last += 1;
    return customer(last);
  };
  const single = async () => {
    await http.call("/v1/customers", JSON.stringify(next())).answer;
    return 1;
  };
  const batch = async () => {
    const items = Array.from({ length: batchSize }, () => ({ customer: next() }));
    await http.call(`/v1/admin/companies/${companyId}/customers:batchCreate`, JSON.stringify({ items })).answer;
    return batchSize;
  };
  const ways = [
    { name: "CreateCustomer, one at a time", send: single, inFlight: 1 },
    { name: "CreateCustomer, 32 in flight", send: single, inFlight: 32 },
    { name: `BatchCreateCustomers of ${batchSize}, one at a time`, send: batch, inFlight: 1 },
  ].map((way) => ({ ...way, rows: 0, seconds: 0, server: 0, database: 0 }));
  for (let round = 0; round <= rounds; round += 1) {
    for (const way of ways) {
      const before = meter();
      const startedAt = performance.now();
      const rows = await rowsIn(way.send, way.inFlight);
      // The first round warms up.
      if (round === 0) continue;
      const after = meter();
      way.rows += rows;
      way.seconds += (performance.now() - startedAt) / 1_000;
      way.server += after.server - before.server;
      way.database += after.database - before.database;
    }
  }
  http.close();
  return ways.map(({ name, rows, seconds, server, database }) => ({
    ...{ name, perSecond: rows / seconds },
    cpu: { server: server / rows, database: database / rows },
  }));
}

async function rowsIn(send: () => Promise<number>, inFlight: number): Promise<number> {
  const end = performance.now() + roundMs;
  let rows = 0;
  const caller = async () => {
    while (performance.now() < end) {
      // Not `rows += await`, which would add to the count of before the wait, and lose those of the other callers.
      const sent = await send();
      rows += sent;
    }
  };
  await Promise.all(Array.from({ length: inFlight }, caller));
  return rows;
}
