import type { Page } from "../../core/page.js";
import type { WriteContext } from "../../core/write.js";
import type { FlowTarget, IvrFlow } from "./ivr-flow.model.js";

/** The properties of a flow that a client writes. */
export type FlowContent = Pick<IvrFlow, "name" | "description" | "definition">;

export interface FlowQuery {
  readonly companyId: string;
  readonly page: Page;
  readonly showArchived: boolean;
}

/** The change of a locked flow. */
export type FlowEdit = Partial<FlowContent> & { readonly archived?: boolean };

/**
 * Each write is one transaction with its audit log entry and its idempotency claim. A replay returns the current state.
 */
export interface IvrFlowRepository {
  get(target: FlowTarget, signal: AbortSignal): Promise<IvrFlow | undefined>;
  /** Ordered by name, then by id. Returns one row more than the page size if there is a next page. */
  list(query: FlowQuery, signal: AbortSignal): Promise<readonly IvrFlow[]>;
  /**
   * `check` throws if the flow must not be stored. It is not called for a replay. Throws ALREADY_EXISTS if the id is
   * already used.
   */
  create(flow: FlowTarget & FlowContent, write: WriteContext, check: () => void): Promise<IvrFlow>;
  /** Stores the change that `decide` returns for the locked flow. Undefined means no change. */
  change(
    target: FlowTarget,
    write: WriteContext,
    decide: (flow: IvrFlow | undefined) => FlowEdit | undefined,
  ): Promise<IvrFlow>;
  /** Ids of the company's active custom fields of customers. */
  customerFieldIds(companyId: string, signal: AbortSignal): Promise<readonly string[]>;
}
