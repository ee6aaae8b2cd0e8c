import { companyAccessFilter } from "../core/access.js";
import { type CompanyAccess, type Principal, scopes } from "../core/principal.js";
import { type ServiceSecrets, serviceSecrets } from "../database-server.js";
import { createRepositories, type Repositories } from "../repositories.js";
import type { Business } from "../resources/directory/directory.model.js";
import type { CommandContext } from "./command.js";
import { type Session, withDatabase } from "./session.js";
import { UsageError } from "./usage-error.js";

export interface CompanySession extends Session {
  readonly access: CompanyAccess;
  /** Can do everything in the company. */
  readonly principal: Principal;
  readonly repositories: Repositories;
  readonly secrets: ServiceSecrets;
  /** Its locations that are not archived. */
  businesses(): Promise<readonly Business[]>;
}

interface CompanySessionOptions {
  readonly companyId: string;
  readonly rpc: string;
  readonly connections?: number | undefined;
}

const maxBusinesses = 500;

/**
 * Runs the work with one company.
 *
 * @throws UsageError if it does not exist
 */
export function withCompany<T>(
  context: CommandContext,
  { companyId, rpc, connections }: CompanySessionOptions,
  work: (session: CompanySession) => Promise<T>,
): Promise<T> {
  return withDatabase(
    context,
    rpc,
    async (session) => {
      const { database, limits, write } = session;
      const secrets = await serviceSecrets(context.config);
      const repositories = createRepositories({ database, limits }, secrets);
      const accessFilter = { companyIds: [companyId], grants: [companyId] };
      const company = await repositories.directory.getCompany(accessFilter, companyId, write.signal);
      if (!company) throw new UsageError("No company has the ID of --company. `moego companies list` shows all.");
      const { country, timeZone, refusesDoubtfulPhones, duplicatePolicy } = company;
      const access: CompanyAccess = { companyId, country, timeZone, refusesDoubtfulPhones, duplicatePolicy };
      const principal: Principal = {
        ...{ keyId: write.keyId, scopes: new Set(scopes), organizations: [companyId] },
        companies: new Map([[companyId, access]]),
      };
      const query = {
        ...{ accessFilter: companyAccessFilter(access), page: { size: maxBusinesses, offset: 0 }, showArchived: false },
      };
      const businesses = () => repositories.directory.listBusinesses(query, write.signal);
      return await work({ ...session, access, principal, repositories, secrets, businesses });
    },
    connections,
  );
}
