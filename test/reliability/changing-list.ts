import { randomUUID } from "node:crypto";
import { scopes } from "../../src/core/principal.js";
import {
  type Answer,
  addPlatformKey,
  addTenant,
  call,
  createCustomer,
  type Tenant,
  type World,
} from "../faults/world.js";
import { randomOf } from "./run.js";
import { addService } from "./write-kind.js";

/** A company, and the customer on whom notes are written and to whom packages are sold. */
export interface Place extends Tenant {
  readonly customerId: string;
  /** Who makes, changes and lists companies. */
  readonly platform: Tenant;
}

/** Makes a company whose key may write all lists but that of companies. */
export async function openPlace(world: World): Promise<Place> {
  const tenant = await addTenant(
    world,
    scopes.filter((scope) => scope !== "platform:admin"),
  );
  await addService(world.database.owner, tenant);
  const customerId = (await createCustomer(tenant)).body.id;
  return { ...tenant, customerId, platform: { ...tenant, secret: await addPlatformKey(world) } };
}

/** A paged list whose rows come, change and go. */
export interface ChangingList {
  /** `customers` */
  readonly name: string;
  /** Path of the list. */
  path(place: Place): string;
  /** Whose list it is; the company's own unless given. */
  caller?(place: Place): Tenant;
  /** What its request holds beside the page. */
  request(place: Place): object;
  /** The member of the answer that holds the rows. */
  readonly rows: string;
  /** Makes a row, anywhere in the order where the rpcs allow it; in a list by name, of this name. Returns its id. */
  insert(place: Place, name: string): Promise<string>;
  /** Changes a row in its place. */
  update(place: Place, id: string): Promise<void>;
  /** Takes a row out of the list; absent where no rpc can. */
  remove?(place: Place, id: string): Promise<void>;
  /** Given for lists by name alone. */
  readonly byName?: ByName;
}

export interface ByName {
  nameOf(row: Answer["body"]): string;
  rename(place: Place, id: string, name: string): Promise<void>;
}

/**
 * What a walk tells rows apart by. In a list by name a new name is another place: of a row that is renamed during a walk,
 * the old one went and a new one came.
 */
export function markOf({ byName }: ChangingList, id: string, name: string): string {
  return byName ? `${id} ${name}` : id;
}

export const newId = () => `p1_${randomUUID().slice(0, 18)}`;

/** Sends a write that has to succeed. */
export async function done(tenant: Tenant, path: string, body?: object, method = "POST"): Promise<Answer["body"]> {
  const answer = await call(tenant, path, body, { method });
  if (answer.status !== 200) throw new Error(`${method} ${path}: ${answer.text}`);
  return answer.body;
}

/** Sends a change that has to succeed. */
export async function put(tenant: Tenant, path: string, body: object): Promise<void> {
  await done(tenant, path, body, "PUT");
}

/** The routes of administration. */
export const adminPath = ({ companyId }: Pick<Place, "companyId">) => `admin/companies/${companyId}`;

const random = randomOf("P1 rows");
/** A moment of the last years. */
export const someTime = () => new Date(Date.now() - 1 - random.below(2 ** 31) * 30).toISOString();
export const either = <T>(options: readonly T[]): T => random.pick(options);
