import { randomBytes } from "node:crypto";
import type { CompanyAccess } from "../core/principal.js";
import { createOptOutKeys } from "../db/opt-out-key.js";
import { createCallsInProcess, type ImportCalls } from "../import/run/import-calls.js";
import { openCompanySecretCipher } from "../repositories.js";
import type { Business } from "../resources/directory/directory.model.js";
import type { ImportJobRepository } from "../resources/import-jobs/import-job.model.js";
import type { CommandContext } from "./command.js";
import { withCompany } from "./company-session.js";
import type { Session } from "./session.js";

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

/** Runs the work with the company of an import. */
export function withImport<T>(
  context: CommandContext,
  { companyId, rpc, isDryRun }: ImportSessionOptions,
  work: (session: ImportSession) => Promise<T>,
): Promise<T> {
  return withCompany(context, { companyId, rpc, connections }, async (session) => {
    const { access, database, repositories, secrets, write } = session;
    const businesses = await session.businesses();
    const optOutKeys = createOptOutKeys(database, openCompanySecretCipher(secrets));
    const key = isDryRun
      ? await optOutKeys.load(companyId, write.signal)
      : await database.transact(write, (tx) => optOutKeys.findOrCreate(tx, companyId));
    const { pageTokenSecret } = secrets;
    const calls = createCallsInProcess({ repositories, pageTokenSecret, access, write, isDryRun });
    const secret = key?.bytes ?? randomBytes(32);
    return work({ access, businesses, calls, write, jobs: repositories.importJobs, secret });
  });
}
