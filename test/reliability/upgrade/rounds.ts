import { randomUUID } from "node:crypto";
import { newCustomer, type Tenant } from "../../faults/world.js";
import type { ExternalSystem } from "../../support/external-system.js";
import { planned } from "../exactly-once.js";
import { phoneOf, type Send, type WriteKind } from "../write-kind.js";
import { require, requireSame, type Session } from "./session.js";

/** What a client does again and again. Each round begins at one process and goes on at the other. */
export type Round = (session: Session) => Promise<void>;

/** A customer is created, read, updated by its etag and noted on, each by the process that did not do the step before. */
const customer: Round = async ({ ok, refused, pair }) => {
  const [one, other] = pair();
  const { companyId } = one;
  const created = (await ok(one, "customers", newCustomer(one))).body;
  const path = `customers/${created.id}`;
  requireSame("a customer that was created", (await ok(other, path)).body, created);
  const change = { companyId, lastName: "Upgraded", etag: created.etag };
  const updated = (await ok(other, path, change, { method: "PUT" })).body;
  require("an update gives a new etag", updated.etag !== created.etag);
  requireSame("a customer that was updated", (await ok(one, path)).body, updated);
  await refused("ETAG_MISMATCH", one, path, { ...change, lastName: "Late" }, { method: "PUT" });
  const again = { companyId, email: "ada@example.com", etag: updated.etag };
  await ok(one, path, again, { method: "PUT" });
  await ok(one, `${path}/notes`, { notes: [{ note: "by one" }] });
  await ok(other, `${path}/notes`, { notes: [{ note: "by the other" }] });
  const { notes } = (await ok(one, `${path}/notes:list`, { pagination: { pageSize: 10 } })).body;
  require("both notes are listed", notes.length === 2);
};

/** A lead with a pet becomes a customer, and the retry of the promotion finds that customer. */
const lead: Round = async ({ ok, pair, counts }) => {
  const [one, other] = pair();
  const { companyId } = one;
  const pets = [{ name: "Rex", type: "DOG", breed: "Beagle" }];
  const create = async () =>
    (await ok(one, "leads", { lead: { companyId, firstName: "Lea", phone: phoneOf(randomUUID()), pets } })).body;
  const created = await create();
  requireSame("a lead that was created", (await ok(other, `leads/${created.id}`)).body, created);
  const { id: lastingId, etag } = await create();
  const change = { lead: { lastName: "Lasting", etag } };
  const updated = (await ok(other, `leads/${lastingId}`, change, { method: "PUT" })).body;
  requireSame("a lead that was updated", (await ok(one, `leads/${lastingId}`)).body, updated);
  const idempotencyKey = randomUUID();
  const promoted = await ok(other, "leads:promote", { id: created.id }, { idempotencyKey });
  const again = await ok(one, "leads:promote", { id: created.id }, { idempotencyKey });
  counts.retries += 1;
  require("the retry of a promotion is replayed", again.replayed);
  requireSame("a promotion and its retry", again.body, promoted.body);
  const { id } = promoted.body.customer;
  const { pet } = (await ok(one, `customers/${id}/pets`, { pet: { name: "Bo", type: "CAT", breed: "Manx" } })).body;
  requireSame("a pet that was created", (await ok(other, `customers/${id}/pets/${pet.id}`)).body, pet);
};

/** A write of any kind is sent to both with one key, at the same moment or one after the other: one effect, one answer. */
async function retry({ ok, random, pair, counts, acknowledged }: Session, kinds: readonly WriteKind[]): Promise<void> {
  const [one, other] = pair();
  const send: Send = async ({ path, body, method }) =>
    (await ok(random.pick([one, other]), path, body, { method })).body;
  const write = await planned(random.pick(kinds), one, send);
  const key = randomUUID();
  const sendTo = (tenant: Tenant) => {
    const { path, body, method } = write.call;
    return ok(tenant, path, body, { method, idempotencyKey: key });
  };
  const isAtOnce = random.below(2) === 0;
  const answers = isAtOnce
    ? await Promise.all([sendTo(one), sendTo(other)])
    : ([await sendTo(one), await sendTo(other)] as const);
  counts.retries += 1;
  acknowledged.push({ write, key, answer: answers[0] });
  requireSame(`${write.kind.name} and its retry`, answers[0].body, answers[1].body);
  require(`one answer of ${write.kind.name} is a replay`, answers[0].replayed !== answers[1].replayed);
}

/** Lists by their paths: the member of the answer with the rows, and what else the request needs. */
const lists = [
  { path: "customers:list", rows: "customers" },
  { path: "leads:list", rows: "leads" },
  { path: "pets:list", rows: "pets" },
] as const;

/** Where lists go on. */
export interface NextPage {
  readonly list: (typeof lists)[number];
  readonly pageToken: string;
  readonly seen: readonly string[];
}

/** Reads the first page of every list from one process. */
export async function firstPages({ ok }: Session, tenant: Tenant): Promise<readonly NextPage[]> {
  return await Promise.all(
    lists.map(async (list) => {
      const pagination = { pageSize: 1 };
      const { body } = await ok(tenant, list.path, { companyId: tenant.companyId, pagination });
      const seen: readonly { id: string }[] = body[list.rows];
      return { list, pageToken: String(body.nextPageToken), seen: seen.map(({ id }) => id) };
    }),
  );
}

/** Goes on in every list at another process, which must show other rows. */
export async function nextPages({ ok, counts }: Session, tenant: Tenant, pages: readonly NextPage[]): Promise<void> {
  for (const { list, pageToken, seen } of pages) {
    require(`${list.path} has a second page`, pageToken !== "");
    const pagination = { pageSize: 3, pageToken };
    const { body } = await ok(tenant, list.path, { companyId: tenant.companyId, pagination });
    for (const { id } of body[list.rows]) require(`${list.path} shows ${id} once`, !seen.includes(id));
    counts.pages += 1;
  }
}

/** A list is read page by page, each by a token of the other process, and shows no row twice. */
const pages: Round = async ({ ok, random, pair, counts }) => {
  const { path, rows } = random.pick(lists);
  let [here, there] = pair();
  const seen = new Set<string>();
  let pageToken = "";
  for (let page = 0; page < 5; page += 1) {
    const pagination = { pageSize: 1 + random.below(4), pageToken };
    const { body } = await ok(here, path, { companyId: here.companyId, pagination });
    if (page > 0) counts.pages += 1;
    for (const { id } of body[rows]) {
      require(`${path} shows ${id} once`, !seen.has(id));
      seen.add(id);
    }
    if (body.nextPageToken === "") return;
    pageToken = body.nextPageToken;
    [here, there] = [there, here];
  }
};

/** A secret that one process encrypted is decrypted by the other, which sends it to a third-party system. */
function externalApi(system: ExternalSystem): Round {
  return async ({ ok, pair }) => {
    const [one, other] = pair();
    const path = `callcenter/companies/${one.companyId}/external_apis`;
    const secret = randomUUID();
    const { externalApi: api } = (
      await ok(one, path, {
        ...{ name: "System", method: "METHOD_GET", url: `${system.origin}/normal` },
        headers: [{ name: "x-secret", secretValue: secret }],
      })
    ).body;
    const { outcome } = (await ok(other, `${path}/${api.id}:invoke`, {})).body;
    require(`an external API is invoked: ${outcome}`, outcome === "OUTCOME_SUCCESS");
    const received = system.requests.findLast(({ headers }) => headers["x-secret"] === secret);
    require("the system receives the secret", received !== undefined);
  };
}

/** The rounds with writes of these kinds, which both builds must have. */
export function roundsWith(kinds: readonly WriteKind[], system: ExternalSystem): readonly Round[] {
  const retryOne: Round = (session) => retry(session, kinds);
  return [customer, lead, retryOne, retryOne, pages, externalApi(system)];
}
