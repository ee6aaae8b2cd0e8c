import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { openDatabase } from "../../src/db/database.js";
import { silentLog } from "../../src/db/log.js";
import { setCustomerLimit } from "../../src/resources/customers/customer-limit.repository.js";
import { type Answer, call, type Tenant } from "../faults/world.js";
import type { DataFolder } from "../support/data-folder.js";
import { writeWith } from "../support/write.js";

/** What was answered with success, and so has to be stored exactly once. */
export interface Acknowledged {
  /** Changes of a customer after its creation, by its id. */
  readonly customers: Map<string, Changes>;
  /** The customer that a lead became, by the lead's id. */
  readonly promoted: Map<string, string>;
  /** Units that were redeemed. */
  redeemed: number;
  calls: number;
  /** Answers that were no success: UNAVAILABLE, or none at all. Their calls were repeated. */
  repeats: number;
}

interface Changes {
  count: number;
  lastName: string;
  readonly notes: string[];
}

export interface WritersOptions {
  readonly count: number;
  /** Where the service is at the moment. */
  readonly tenant: () => Tenant;
  /** A package with units enough, and its one item. */
  readonly package: { readonly id: string; readonly itemId: string };
  /** Whether calls have idempotency keys; true unless a negative control leaves them out. */
  readonly keyed?: boolean;
  /** Within which every call has to be answered; after twice that it is given up and sent again. A minute unless told otherwise. */
  readonly deadlineMs?: number;
  /** Answers that make a writer repeat its call with the same key; every other refusal is a defect. */
  readonly mayRepeat?: (answer: Answer) => boolean;
}

/**
 * Clients that create and update customers, append notes, create and promote leads and redeem units of one package, all at
 * once. Each call has an idempotency key and is repeated with it until it is answered.
 */
export class Writers {
  readonly acknowledged: Acknowledged = {
    customers: new Map(),
    promoted: new Map(),
    redeemed: 0,
    calls: 0,
    repeats: 0,
  };
  /** Refusals that nobody may get. */
  readonly defects: string[] = [];
  /** The longest time that a call was without an answer, or without the news that there is no server. */
  slowestMs = 0;
  readonly #options: WritersOptions;
  readonly #running: Promise<unknown>;
  #done = false;

  constructor(options: WritersOptions) {
    this.#options = options;
    this.#running = Promise.all(Array.from({ length: options.count }, (_, number) => this.#write(number)));
    // reach() tells of it earlier than stop() may.
    this.#running.catch(() => {});
  }

  /** Waits for so many more calls to be answered. */
  async reach(more: number, timeoutMs = 30_000): Promise<void> {
    const goal = this.acknowledged.calls + more;
    const deadline = Date.now() + timeoutMs;
    while (this.acknowledged.calls < goal) {
      if (this.defects.length > 0) throw new Error(this.defects.join("\n"));
      if (Date.now() > deadline) throw new Error(`${goal - this.acknowledged.calls} calls were not answered in time`);
      await sleep(10);
    }
  }

  /** Lets every call that has begun come to its end. Rejects when a call was refused that must not be. */
  async stop(): Promise<void> {
    this.#done = true;
    await this.#running;
  }

  async #write(number: number): Promise<void> {
    const { companyId, businessId } = this.#options.tenant();
    const { id: packageId, itemId } = this.#options.package;
    for (let round = 0; !this.#done; round += 1) {
      const { customers, promoted } = this.acknowledged;
      const created = await this.#send("customers", "POST", {
        ...{ companyId, preferredBusinessId: businessId, firstName: "Ada", lastName: "New", phone: "+12125550123" },
        address: { address1: "1 Main St", city: "Utica" },
        notes: [{ note: "begun" }],
      });
      const id: string = created["id"];
      const changes: Changes = { count: 0, lastName: "New", notes: ["begun"] };
      customers.set(id, changes);

      const lastName = `Client ${number} round ${round}`;
      await this.#send(`customers/${id}`, "PUT", { companyId, lastName });
      Object.assign(changes, { count: changes.count + 1, lastName });

      const note = `note of ${lastName}`;
      await this.#send(`customers/${id}/notes`, "POST", { notes: [{ note }] });
      changes.count += 1;
      changes.notes.push(note);

      const lead = await this.#send("leads", "POST", {
        lead: {
          companyId,
          firstName: "Lea",
          phone: "+12125550199",
          pets: [{ name: "Rex", type: "DOG", breed: "Beagle" }],
        },
      });
      const { customer } = await this.#send("leads:promote", "POST", { id: lead["id"] });
      promoted.set(lead["id"], customer.id);

      const units = { packageServiceId: itemId, quantity: 1 };
      await this.#send(`admin/companies/${companyId}/packages/${packageId}:redeem`, "POST", units);
      this.acknowledged.redeemed += 1;
    }
  }

  async #send(path: string, method: string, body: object): Promise<Answer["body"]> {
    const { keyed = true, deadlineMs = 60_000 } = this.#options;
    const idempotency = keyed ? { idempotencyKey: randomUUID() } : {};
    for (;;) {
      const begun = Date.now();
      const signal = AbortSignal.timeout(2 * deadlineMs);
      const sent = call(this.#options.tenant(), path, body, { method, ...idempotency, signal });
      const answer = await sent.catch(() => undefined);
      this.slowestMs = Math.max(this.slowestMs, Date.now() - begun);
      if (answer?.status === 200) {
        this.acknowledged.calls += 1;
        return answer.body;
      }
      if (answer && answer.status !== 503 && !this.#options.mayRepeat?.(answer)) {
        this.defects.push(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
        throw new Error(this.defects.at(-1));
      }
      this.acknowledged.repeats += 1;
      await sleep(50);
    }
  }
}

/** The first company of the demo data, with a limit that is never reached and a package with units enough for all. */
export async function preparedTenant(
  folder: DataFolder,
  at: Pick<Tenant, "httpUrl" | "secret">,
): Promise<Pick<WritersOptions, "package"> & { readonly tenant: Tenant }> {
  const tenant = { ...at, companyId: "cmp_001", businessId: "biz_001" };
  await folder.joined(async ({ serviceUrl }) => {
    await using database = openDatabase({ url: serviceUrl, log: silentLog });
    await setCustomerLimit(database, tenant.companyId, 1_000_000, writeWith());
  });
  const sale = await call(tenant, `admin/companies/${tenant.companyId}/packages`, {
    ...{ id: packageId, customerId: "cus_001", businessId: tenant.businessId, packageName: "Many baths" },
    packagePrice: { currencyCode: "USD", units: "150" },
    packageServices: [{ services: [{ serviceId: "srv_001" }], quantity: 1_000_000 }],
  });
  const [item] = sale.body.packageDetail?.packageServices ?? [];
  if (!item) throw new Error(`no package was sold: ${JSON.stringify(sale.body)}`);
  return { tenant, package: { id: packageId, itemId: item.id } };
}

/** The package of which writers redeem. */
export const packageId = "pkg_writers";
