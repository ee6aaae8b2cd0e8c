import type { Page } from "../../core/page.js";
import type { WriteContext } from "../../core/write.js";
import type { ExternalApi, ExternalApiContent, ExternalApiTarget } from "./external-api.model.js";

/** Secret header values, by lower-case header name. */
export type HeaderSecrets = ReadonlyMap<string, string>;

/** A configuration to store. Secret headers that are not in `secrets` keep their stored secrets. */
export interface ExternalApiRecord {
  readonly content: ExternalApiContent;
  readonly secrets: HeaderSecrets;
}

export interface ExternalApiQuery {
  readonly companyId: string;
  readonly page: Page;
  readonly showArchived: boolean;
}

/**
 * Each write is one transaction with its audit log entry and its idempotency claim. A replay returns the current state.
 * Secrets are stored encrypted, and only `findForCall` decrypts them.
 */
export interface ExternalApiRepository {
  find(target: ExternalApiTarget, signal: AbortSignal): Promise<ExternalApi | undefined>;
  findForCall(
    target: ExternalApiTarget,
    signal: AbortSignal,
  ): Promise<{ readonly api: ExternalApi; readonly secrets: HeaderSecrets } | undefined>;
  /** Newest first. Returns one row more than the page size if there is a next page. */
  list(query: ExternalApiQuery, signal: AbortSignal): Promise<readonly ExternalApi[]>;
  /** Throws ALREADY_EXISTS if the id is already used. */
  create(target: ExternalApiTarget, record: ExternalApiRecord, write: WriteContext): Promise<ExternalApi>;
  /** Stores the configuration that `decide` returns for the locked one. */
  change(
    target: ExternalApiTarget,
    decide: (current: ExternalApi | undefined) => ExternalApiRecord,
    write: WriteContext,
  ): Promise<ExternalApi>;
  /** Does nothing if the state is already as requested. Throws RESOURCE_NOT_FOUND. */
  setArchived(target: ExternalApiTarget, archived: boolean, write: WriteContext): Promise<ExternalApi>;
}
