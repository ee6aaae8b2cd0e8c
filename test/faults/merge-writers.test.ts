import { afterAll, beforeAll, expect, it } from "vitest";
import { addTenant, atOnce, call, createCustomer, openWorld, type World } from "./world.js";

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world[Symbol.asyncDispose]());

it("a merge under 16 concurrent writers of both records loses nothing that was acknowledged", async () => {
  const tenant = await addTenant(world);
  const { companyId } = tenant;
  for (let round = 0; round < 3; round += 1) {
    const [survivor, merged] = [(await createCustomer(tenant)).body.id, (await createCustomer(tenant)).body.id];
    const written = { notes: new Set<string>(), tags: new Set<string>(), pets: new Set<string>() };
    const refusals = new Set<string>();
    const write = async (writer: number) => {
      const id = writer % 2 === 0 ? survivor : merged;
      for (let turn = 0; turn < 6; turn += 1) {
        const name = `${round} ${writer} ${turn}`;
        const kind = (["notes", "tags", "pets"] as const)[(writer + turn) % 3] ?? "notes";
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
    const merging = async () =>
      call(tenant, `admin/companies/${companyId}/customers/${survivor}:merge`, { fromId: merged });
    const [merge] = await Promise.all([merging(), atOnce(16, write)]);
    expect(merge.status).toBe(200);
    expect([...refusals].filter((reason) => !/^[A-Z_]+$/.test(reason))).toEqual([]);
    const stored = async (sql: string) =>
      new Set((await world.database.owner.query(sql, [companyId, survivor])).rows.map(({ name }) => name));
    expect(await stored("SELECT note AS name FROM customer_note WHERE company_id = $1 AND customer_id = $2")).toEqual(
      written.notes,
    );
    expect(await stored("SELECT name FROM pet WHERE company_id = $1 AND customer_id = $2")).toEqual(written.pets);
    expect(
      await stored(`SELECT t.name FROM customer_tag c JOIN tag t ON t.company_id = c.company_id AND t.id = c.tag_id
        WHERE c.company_id = $1 AND c.customer_id = $2`),
    ).toEqual(written.tags);
  }
}, 120_000);
