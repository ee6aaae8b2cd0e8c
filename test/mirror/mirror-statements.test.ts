import { afterAll, expect, it } from "vitest";
import { openDatabase } from "../../src/db/database.js";
import { silentLog } from "../../src/db/log.js";
import { ConsentService } from "../../src/gen/proto/moego/admin/v1/consent_service_pb.js";
import { createMirrorOf } from "../../src/repositories.js";
import { createJudge, predicatesIn, tracesOf } from "../reliability/tenancy/judge.js";
import { copyToNeighbour, foreignId, neighbour, putNeighbourFirst, tenant } from "../reliability/tenancy/neighbour.js";
import { setPolicies } from "../reliability/tenancy/policies.js";
import { verdictOf } from "../reliability/tenancy/predicates-page.js";
import { interceptStatements, tellWrites } from "../reliability/tenancy/statements.js";
import { traceFrom } from "../reliability/tenancy/traces.js";
import { startServer } from "../support/server.js";
import { mirrorSteps } from "./mirror-steps.js";

/**
 * The mirror is reached by no RPC, so that the fault suite does not judge what it sends. The same judge removes each
 * predicate that binds a statement to the company, beside a company that has the same ids.
 */
const statements = interceptStatements();
const server = await startServer();
const { owner, serviceUrl } = server.database;
for (const row of [
  "customer_phone (company_id, customer_id, position, number) VALUES ('cmp_a', 'cus_a1', 1, '+12125550187')",
  "customer_external_id (company_id, customer_id, system, external_id) VALUES ('cmp_a', 'cus_a1', 'pos', '17')",
  "lead_external_id (company_id, lead_id, system, external_id) VALUES ('cmp_a', 'lcus_a1', 'pos', '17')",
  "pet_external_id (company_id, pet_id, system, external_id) VALUES ('cmp_a', 'pet_a1', 'pos', '17')",
  "package_external_id (company_id, package_id, system, external_id) VALUES ('cmp_a', 'pkg_a1', 'pos', '17')",
  "lead_phone (company_id, lead_id, position, number) VALUES ('cmp_a', 'lcus_a1', 1, '+12125550187')",
  "lead_tag (company_id, lead_id, tag_id) VALUES ('cmp_a', 'lcus_a1', 'tag_a2')",
  `lead_note (company_id, id, lead_id, note, created_time, last_updated_time)
   VALUES ('cmp_a', 'lxn_a5', 'lcus_a1', 'Call', '2024-03-01T11:00:00Z', '2024-03-01T11:00:00Z')`,
])
  await owner.query(`INSERT INTO ${row}`);
// An opt-out needs a key of the company.
await server.ok(ConsentService.method.recordOptOut, {
  companyId: tenant,
  contact: { case: "phone", value: "+12125550188" },
});
await copyToNeighbour(owner);
await owner.query(
  `INSERT INTO company_secret (company_id, provider, name, sealed)
   SELECT $1, provider, name, 'of the neighbour' FROM company_secret WHERE company_id = $2`,
  [neighbour, tenant],
);
// Merged there, and only there.
await owner.query(
  `INSERT INTO customer_merge (company_id, id, from_id, into_id, survivor_id, merged_time, undoable_until, carried)
   VALUES ($1, 'mrg_0', $2, 'cus_a2', 'cus_a2', now(), now(), '{}')`,
  [neighbour, foreignId("cus_a1")],
);
await putNeighbourFirst(owner);
await tellWrites(owner);
// Each predicate has to hold by itself.
await setPolicies(owner, false);
const database = openDatabase({ url: serviceUrl, log: silentLog });
afterAll(async () => {
  statements.restore();
  await database.close();
  await server.stop();
});

const secrets = { pageTokenSecret: "page-token-secret-of-the-tests-0123", secretKey: Buffer.alloc(32, 9) };
const write = {
  ...{ rpc: "moego mirror", requestId: "request", keyId: "", companies: [tenant], ip: "" },
  signal: new AbortController().signal,
};
const steps = await mirrorSteps(owner, () => createMirrorOf({ database }, secrets, { companyId: tenant, write }));
type Step = (typeof steps)[number];

async function traceOf({ run }: Step) {
  statements.undoWrites(true);
  await statements.taken();
  const answer = await run().then(
    (done) => JSON.stringify(done instanceof Map ? [...done] : done),
    (error) => String(error),
  );
  return traceFrom(await statements.taken(), [answer]);
}

it("names its company in every statement, for every table: without any one predicate it finds or writes other rows", async () => {
  const reference = await tracesOf(traceOf, steps);
  expect([...reference].flatMap(([{ name }, { companies }]) => [...companies].map((one) => `${name} ${one}`))).toEqual(
    [...reference].flatMap(([{ name }, { companies }]) => [...companies].map(() => `${name} ${tenant}`)),
  );
  const known = predicatesIn(reference);
  const judged = await createJudge({ statements, traceOf, reference }).judge(known);
  // An update that comes of a conflict is of the row with the key that was inserted, which has the company.
  const isOfInserted = (text: string) => text.includes('ON CONFLICT ("company_id","id") DO UPDATE');
  const missed = judged.filter(
    (one) => one.reach === "none" && verdictOf(one) === "missed" && !isOfInserted(one.predicate.text),
  );
  expect(
    missed.map(({ predicate: { words, text } }) => `${words} of ${text.replaceAll(/\s+/g, " ").slice(0, 300)}`),
  ).toEqual([]);
  expect(judged.length).toBeGreaterThan(90);
}, 300_000);
