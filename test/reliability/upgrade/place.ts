import type { Tenant } from "../../faults/world.js";
import { type Environment, environmentOf } from "../../server/service.js";
import { createEmptyDatabase, type TestDatabase } from "../../support/database.js";
import { startExternalSystem } from "../../support/external-system.js";
import type { Random } from "../run.js";
import { writeKinds } from "../write-kinds.js";
import type { Build } from "./previous-build.js";
import { type Round, roundsWith } from "./rounds.js";
import { createTenant, type RunningBuild, startBuild } from "./running-build.js";
import { openSession, type Session } from "./session.js";

/** A company in a database of its own that a build has migrated and serves. */
export interface Place extends AsyncDisposable {
  readonly database: TestDatabase;
  /** For every process of the deployment. */
  readonly environment: Environment;
  readonly build: RunningBuild;
  readonly tenant: Tenant;
  /** The processes that clients use. */
  readonly serving: Tenant[];
  readonly session: Session;
  readonly rounds: readonly Round[];
}

/** Starts a build on an empty database, creates a company by its commands, and stores what the rounds need. */
export async function openPlace(build: Build, random: Random): Promise<Place> {
  const resources: AsyncDisposable[] = [];
  const close = async () => {
    for (const resource of resources.splice(0).reverse()) await resource[Symbol.asyncDispose]();
  };
  const use = <T extends AsyncDisposable>(resource: T): T => {
    resources.push(resource);
    return resource;
  };
  try {
    const database = use(await createEmptyDatabase());
    const system = use(await startExternalSystem());
    const limits = { EXTERNAL_API_ALLOW: system.hostPort, LOG_LEVEL: "fatal", DRAIN_TIMEOUT_MS: "5000" };
    const environment = { ...environmentOf(database), ...limits };
    const running = use(await startBuild(build.directory, environment));
    const tenant = { ...(await createTenant(build.directory, environment)), httpUrl: running.httpUrl };
    const serving = [tenant];
    const session = openSession(random, () => {
      const one = random.pick(serving);
      return [one, serving.find((tenant) => tenant !== one) ?? one];
    });
    const service = { id: "srv", name: "Bath", serviceItemType: "GROOMING", serviceType: "SERVICE" };
    await session.ok(tenant, `setting/companies/${tenant.companyId}/services`, service);
    return {
      ...{ database, environment, build: running, tenant, serving, session },
      rounds: roundsWith(
        writeKinds.filter(({ name }) => build.rpcs.has(name)),
        system,
      ),
      [Symbol.asyncDispose]: close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}
