import type { Page } from "../../core/page.js";
import type { WriteContext } from "../../core/write.js";
import type { FlowTarget, IvrFlow } from "./ivr-flow.model.js";

/** What a caller writes of a flow. */
export type FlowContent = Pick<IvrFlow, "name" | "description" | "definition">;

export interface FlowQuery {
  readonly companyId: string;
  readonly page: Page;
  readonly showArchived: boolean;
}

/** What becomes of a locked flow. */
export type FlowEdit = Partial<FlowContent> & { readonly archived?: boolean };

/** Every write is one transaction with its change row and its claim; a replay answers with the present state. */
export interface IvrFlowRepository {
  get(target: FlowTarget, signal: AbortSignal): Promise<IvrFlow | undefined>;
  /** By name, then by id. One row more than the page's size tells that there is a next page. */
  list(query: FlowQuery, signal: AbortSignal): Promise<readonly IvrFlow[]>;
  /** `check` throws when the flow is not to be stored; a replay is not asked. ALREADY_EXISTS when the id is taken. */
  create(flow: FlowTarget & FlowContent, write: WriteContext, check: () => void): Promise<IvrFlow>;
  /** `decide` says what becomes of the flow, from what it is under the lock; undefined for nothing. */
  change(
    target: FlowTarget,
    write: WriteContext,
    decide: (flow: IvrFlow | undefined) => FlowEdit | undefined,
  ): Promise<IvrFlow>;
  /** Ids of the company's custom fields of customers that are in use. */
  customerFieldIds(companyId: string, signal: AbortSignal): Promise<readonly string[]>;
}
