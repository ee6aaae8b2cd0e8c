import { randomBytes } from "node:crypto";
import type { CompanyAccess } from "../core/principal.js";
import { serviceSecrets } from "../database-server.js";
import { createOptOutKeys } from "../db/opt-out-key.js";
import { createCallsInProcess, type ImportCalls } from "../import/run/import-calls.js";
import { createRepositories, openCompanySecretCipher } from "../repositories.js";
import type { Business } from "../resources/directory/directory.model.js";
import type { ImportJobRepository } from "../resources/import-jobs/import-job.model.js";
import type { CommandContext } from "./command.js";
import { type Session, withDatabase } from "./session.js";
import { UsageError } from "./usage-error.js";

export interface ImportSession extends Pick<Session, "write"> {
  readonly access: CompanyAccess;
  readonly businesses: readonly Business[];
  readonly jobs: ImportJobRepository;
  readonly calls: ImportCalls;
  /** Keys the ids of imported records. Random for a dry run of a company that has no key yet. */
  readonly secret: Uint8Array;
}

interface ImportSessionOptions {
  readonly companyId: string;
  readonly rpc: string;
  /** Whether nothing may be stored. */
  readonly isDryRun: boolean;
}

const connections = 8;
const maxBusinesses = 500;

/** Runs the work with the company of an import. */
export function withImport<T>(
  context: CommandContext,
  { companyId, rpc, isDryRun }: ImportSessionOptions,
  work: (session: ImportSession) => Promise<T>,
): Promise<T> {
  return withDatabase(
    context,
    rpc,
    async ({ database, limits, write }) => {
      const secrets = await serviceSecrets(context.config);
      const repositories = createRepositories({ database, limits }, secrets);
      const accessFilter = { companyIds: [companyId], grants: [companyId] };
      const company = await repositories.directory.getCompany(accessFilter, companyId, write.signal);
      if (!company) throw new UsageError("No company has the ID of --company. `moego companies list` shows all.");
      const { country, timeZone, refusesDoubtfulPhones, duplicatePolicy } = company;
      const access: CompanyAccess = { companyId, country, timeZone, refusesDoubtfulPhones, duplicatePolicy };
      const page = { size: maxBusinesses, offset: 0 };
      const businesses = await repositories.directory.listBusinesses(
        { accessFilter, page, showArchived: false },
        write.signal,
      );
      const optOutKeys = createOptOutKeys(database, openCompanySecretCipher(secrets));
      const key = isDryRun
        ? await optOutKeys.load(companyId, write.signal)
        : await database.transact(write, (tx) => optOutKeys.findOrCreate(tx, companyId));
      const { pageTokenSecret } = secrets;
      const calls = createCallsInProcess({ repositories, pageTokenSecret, access, write, isDryRun });
      return work({
        access,
        businesses,
        calls,
        write,
        jobs: repositories.importJobs,
        secret: key?.bytes ?? randomBytes(32),
      });
    },
    connections,
  );
}
