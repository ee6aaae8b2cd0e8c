import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { addTenant, atOnce, call, createCustomer, openWorld, type Tenant, type World } from "./world.js";

let world: World;
let tenant: Tenant;

beforeAll(async () => {
  world = await openWorld();
});
beforeEach(async () => {
  tenant = await addTenant(world);
});
afterAll(() => world[Symbol.asyncDispose]());

function named(names: readonly string[]): { readonly name: string }[] {
  return names.map((name) => ({ name }));
}

async function storedTags(): Promise<readonly { readonly id: string; readonly name: string }[]> {
  const { rows } = await world.database.owner.query("SELECT id, name FROM tag WHERE company_id = $1", [
    tenant.companyId,
  ]);
  return rows;
}

describe("concurrent writers", () => {
  it("who create one tag name get the same tag, by whichever rpc", async () => {
    const { body: customer } = await createCustomer(tenant);
    const answers = await atOnce(24, (index) =>
      index % 2 === 0
        ? createCustomer(tenant, { tags: named(["Racing"]) })
        : call(tenant, `customers/${customer.id}/tags`, { tags: named(["racing"]) }),
    );
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
    const [tag, ...others] = await storedTags();
    expect(others).toEqual([]);
    expect(new Set(answers.map(({ body }) => body.tags[0].id))).toEqual(new Set([tag?.id]));
  });

  it("of one customer with its etag: exactly one wins", async () => {
    const { body: customer } = await createCustomer(tenant);
    const update = (index: number) =>
      call(
        tenant,
        `customers/${customer.id}`,
        { companyId: tenant.companyId, firstName: `Ada ${index}`, etag: customer.etag },
        { method: "PUT" },
      );
    const answers = await atOnce(16, update);
    const [winner, ...more] = answers.filter(({ status }) => status === 200);
    expect(more).toEqual([]);
    const losers = answers.filter(({ status }) => status === 409);
    expect(losers).toHaveLength(15);
    for (const { body } of losers) {
      expect(body.code).toBe(10);
      expect(JSON.stringify(body)).toContain("ETAG_MISMATCH");
    }
    const { body: stored } = await call(tenant, `customers/${customer.id}`);
    expect(stored).toMatchObject({ firstName: winner?.body.firstName, etag: winner?.body.etag });
  });

  it("lose no note, no tag and no version of one customer", async () => {
    const { body: customer } = await createCustomer(tenant);
    const answers = await atOnce(40, (index) =>
      index % 2 === 0
        ? call(tenant, `customers/${customer.id}/notes`, { notes: [{ note: `Note ${index}` }] })
        : call(tenant, `customers/${customer.id}/tags`, {
            // Two that others add as well, and one of its own: each call changes something.
            tags: named([`Tag ${index}`, `Tag ${(index + 2) % 40}`, `Own ${index}`]),
          }),
    );
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
    const { body: stored } = await call(tenant, `customers/${customer.id}`);
    expect(stored.notes).toHaveLength(20);
    expect(stored.tags).toHaveLength(40);
    const { rows } = await world.database.owner.query(
      `SELECT c.version::int, count(h.*)::int AS changes, count(DISTINCT h.version)::int AS versions FROM customer c
       JOIN change h ON h.company_id = c.company_id AND h.kind = 'customer' AND h.resource_id = c.id
       WHERE c.company_id = $1 AND c.id = $2 GROUP BY c.version`,
      [tenant.companyId, customer.id],
    );
    expect(rows).toEqual([{ version: 41, changes: 41, versions: 41 }]);
  });

  it("with overlapping tag sets never wait for each other in a circle", async () => {
    await using own = await openWorld();
    const tenant = await addTenant(own);
    for (let round = 0; round < 4; round += 1) {
      const customers = await atOnce(4, () => createCustomer(tenant));
      const names = Array.from({ length: 50 }, (_, index) => `Round ${round} tag ${index}`);
      const answers = await atOnce(24, (index) => {
        const pair = index >> 1;
        const tags = named(inOrderOf(names, pair));
        const id = customers[pair % customers.length]?.body.id;
        switch (pair % 4) {
          case 0:
            return call(tenant, `customers/${id}/tags`, { tags });
          case 1:
            return call(tenant, `customers/${id}`, { companyId: tenant.companyId, tags }, { method: "PUT" });
          case 2:
            return createCustomer(tenant, { tags }, { idempotencyKey: `round-${round}-${pair}` });
          default:
            return createCustomer(tenant, { tags });
        }
      });
      expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
    }
    await own.app.stop(); // a connection brings its statistics when it ends
    const { rows } = await own.database.owner.query(
      `SELECT (SELECT count(*)::int FROM tag) AS tags, deadlocks::int FROM pg_stat_database WHERE datname = current_database()`,
    );
    expect(rows).toEqual([{ tags: 200, deadlocks: 0 }]);
  });

  it("a tag named by its id and by its name is carried and shown once", async () => {
    const { body: first } = await createCustomer(tenant, { tags: named(["Twice"]) });
    const [tag] = first.tags;
    const { body } = await createCustomer(tenant, { tags: [{ id: tag.id }, ...named(["TWICE"])] });
    const { possibleDuplicates: _, ...second } = body;
    expect(second.tags).toEqual([tag]);
    expect((await call(tenant, `customers/${second.id}`)).body).toEqual(second);
  });
});

/** The names in an order that differs from caller to caller. */
function inOrderOf(names: readonly string[], caller: number): readonly string[] {
  const start = (caller * 7) % names.length;
  const rotated = [...names.slice(start), ...names.slice(0, start)];
  return caller % 2 === 0 ? rotated : rotated.reverse();
}
