import type { Page } from "../../core/page.js";
import type { WriteContext } from "../../core/write.js";
import type { ExternalApi, ExternalApiContent, ExternalApiTarget } from "./external-api.model.js";

/** Secret values of headers, by header name in lower case. */
export type HeaderSecrets = ReadonlyMap<string, string>;

/** A configuration to store. Secrets of headers that are secret and not among `secrets` stay as they are stored. */
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
 * Every write is one transaction with its change row and its claim; a replay answers with the present state. Secrets are
 * stored encrypted, and only `findForCall` gives them.
 */
export interface ExternalApiRepository {
  find(target: ExternalApiTarget, signal: AbortSignal): Promise<ExternalApi | undefined>;
  findForCall(
    target: ExternalApiTarget,
    signal: AbortSignal,
  ): Promise<{ readonly api: ExternalApi; readonly secrets: HeaderSecrets } | undefined>;
  /** Newest first. Returns one row more than the page size if there is a next page. */
  list(query: ExternalApiQuery, signal: AbortSignal): Promise<readonly ExternalApi[]>;
  /** ALREADY_EXISTS when the id is taken. */
  create(target: ExternalApiTarget, record: ExternalApiRecord, write: WriteContext): Promise<ExternalApi>;
  /** `decide` says what the configuration becomes, from what it is under the lock. */
  change(
    target: ExternalApiTarget,
    decide: (current: ExternalApi | undefined) => ExternalApiRecord,
    write: WriteContext,
  ): Promise<ExternalApi>;
  /** Changes nothing when it is so already. RESOURCE_NOT_FOUND. */
  setArchived(target: ExternalApiTarget, archived: boolean, write: WriteContext): Promise<ExternalApi>;
}
