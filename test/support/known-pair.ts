import { MergeService } from "../../src/gen/proto/moego/admin/v1/merge_service_pb.js";
import { CallerService } from "../../src/gen/proto/moego/callcenter/v1/caller_service_pb.js";
import { type Canaries, createCanaries } from "./canaries.js";
import { knownCustomer, pointTo } from "./known-person.js";
import type { TestServer } from "./server.js";

const companyId = "cmp_a";

/** Two customers that were leads, with a canary in every text, and with profiles and accounts. */
export interface KnownPair {
  readonly id: string;
  readonly fromId: string;
  readonly ids: readonly string[];
  readonly canaries: readonly string[];
  /** A record that points to the one that is merged. */
  readonly pointingId: string;
}

export async function knownPair(server: TestServer): Promise<KnownPair> {
  const canaries = [createCanaries(), createCanaries()] as const;
  const [survivor, merged] = [await knownCustomer(server, canaries[0]), await knownCustomer(server, canaries[1])];
  await profile(server, survivor.id, canaries[0], "LINE");
  await profile(server, merged.id, canaries[1], "TELEGRAM");
  const pointingId = await pointTo(server, "CUSTOMER", merged.id);
  const ids = [...survivor.ids, ...merged.ids];
  return { id: survivor.id, fromId: merged.id, ids, canaries: canaries.flatMap(({ all }) => all), pointingId };
}

const accountKinds = { LINE: 8, TELEGRAM: 9 } as const;

async function profile(
  server: TestServer,
  customerId: string,
  canaries: Canaries,
  kind: keyof typeof accountKinds,
): Promise<void> {
  const named = { companyId, customerId };
  const { updateCallerProfile, linkAccount } = CallerService.method;
  await server.ok(updateCallerProfile, {
    ...{
      ...named,
      nickname: canaries.text("nick"),
      enterpriseName: canaries.text("firm"),
      visitorIds: [canaries.text("visitor")],
    },
  });
  await server.ok(linkAccount, { ...named, kind: accountKinds[kind], accountId: canaries.text("account") });
}

/** Merges the pair and returns the merge. */
export async function mergePair(server: TestServer, { id, fromId }: Pick<KnownPair, "id" | "fromId">) {
  const answer = await server.ok(MergeService.method.mergeCustomers, { companyId, id, fromId });
  if (!answer.merge || !answer.customer) throw new Error("no merge");
  return { merge: answer.merge, customer: answer.customer };
}
