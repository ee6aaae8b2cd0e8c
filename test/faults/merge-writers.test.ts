import pg from "pg";
import { afterAll, beforeAll, expect, it } from "vitest";
import { addTenant, atOnce, call, createCustomer, openWorld, type World } from "./world.js";

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world[Symbol.asyncDispose]());

it("a merge under 16 concurrent writers of both records loses nothing that was acknowledged", async () => {
  for (let round = 0; round < 3; round += 1) {
    const { status, refusals, written, stored } = await mergeAmongWriters();
    expect(status).toBe(200);
    expect(refusals.filter((reason) => !/^[A-Z_]+$/.test(reason))).toEqual([]);
    expect(stored).toEqual(written);
  }
}, 120_000);

it("control: a merge that locks neither record fails, or loses what was acknowledged", async () => {
  const restore = withoutLocks(/c\.id = ANY\(.*ORDER BY c\.id FOR UPDATE/s);
  try {
    let faults = 0;
    for (let round = 0; round < 10 && faults === 0; round += 1) {
      const { status, written, stored } = await mergeAmongWriters();
      const lost = kinds.flatMap((kind) => [...written[kind]].filter((name) => !stored[kind].has(name)));
      faults += lost.length + Number(status !== 200);
    }
    expect(faults).toBeGreaterThan(0);
  } finally {
    restore();
  }
}, 120_000);

const kinds = ["notes", "tags", "pets"] as const;
type Written = Readonly<Record<(typeof kinds)[number], Set<string>>>;

/** Merges two records while 16 writers add notes, tags and pets to both. */
async function mergeAmongWriters() {
  const tenant = await addTenant(world);
  const { companyId } = tenant;
  const [survivor, merged] = [(await createCustomer(tenant)).body.id, (await createCustomer(tenant)).body.id];
  const written: Written = { notes: new Set(), tags: new Set(), pets: new Set() };
  const refusals = new Set<string>();
  const write = async (writer: number) => {
    const id = writer % 2 === 0 ? survivor : merged;
    for (let turn = 0; turn < 6; turn += 1) {
      const name = `${writer} ${turn}`;
      const kind = kinds[(writer + turn) % 3] ?? "notes";
      const body = {
        notes: { notes: [{ note: name }] },
        tags: { tags: [{ name }] },
        pets: { pet: { name, type: "DOG", breed: "Beagle" } },
      };
      const answer = await call(tenant, `customers/${id}/${kind}`, body[kind]);
      if (answer.status === 200) written[kind].add(name);
      else refusals.add(/RESOURCE_MERGED|CONCURRENT_WRITE|LOCK_TIMEOUT/.exec(answer.text)?.[0] ?? answer.text);
    }
  };
  const path = `admin/companies/${companyId}/customers/${survivor}:merge`;
  const [{ status }] = await Promise.all([call(tenant, path, { fromId: merged }), atOnce(16, write)]);
  const found = async (sql: string) =>
    new Set((await world.database.owner.query(sql, [companyId, survivor])).rows.map(({ name }) => String(name)));
  const stored: Written = {
    notes: await found("SELECT note AS name FROM customer_note WHERE company_id = $1 AND customer_id = $2"),
    tags: await found(`SELECT t.name FROM customer_tag c JOIN tag t ON t.company_id = c.company_id AND t.id = c.tag_id
      WHERE c.company_id = $1 AND c.customer_id = $2`),
    pets: await found("SELECT name FROM pet WHERE company_id = $1 AND customer_id = $2"),
  };
  return { status, refusals: [...refusals], written, stored };
}

type Query = (this: pg.Client, config: unknown, ...rest: unknown[]) => unknown;

/** From now on such statements lock nothing, until the returned function is called. */
function withoutLocks(statement: RegExp): () => void {
  const prototype: { query: Query } = pg.Client.prototype;
  const original = prototype.query;
  prototype.query = function (config, ...rest) {
    const isLocking =
      typeof config === "object" && config !== null && "text" in config && statement.test(String(config.text));
    if (!isLocking) return original.call(this, config, ...rest);
    const text = String(config.text).replace("FOR UPDATE", "");
    return original.call(this, { ...config, text, name: undefined }, ...rest);
  };
  return () => {
    prototype.query = original;
  };
}
