import type { Audited, CompanyResource, CompanyResourceQuery } from "../../core/company-resource.js";
import { enumeration, type WordOf } from "../../core/enumeration.js";
import type { WriteContext } from "../../core/write.js";

/** A flow of a call center's IVR. */
export interface IvrFlow extends CompanyResource, Audited {
  readonly name: string;
  readonly description: string;
  readonly definition: FlowDefinition;
  readonly archived: boolean;
}

/** The definition of a flow, stored as JSON in this form. */
export interface FlowDefinition {
  readonly inputs: readonly FlowInput[];
  readonly startNodeId: string;
  readonly nodes: readonly FlowNode[];
  /** Time limit of a run. */
  readonly timeoutMs: number;
  /** Exit name of a run that ends without an end node. "" if it has none. */
  readonly timeoutExit: string;
  /** Variables that such a run returns. Empty means none: what it learned may be personal data. */
  readonly timeoutOutputs: readonly string[];
}

/** A definition that a client sends. */
export interface FlowDraft extends Omit<FlowDefinition, "timeoutMs"> {
  /** Absent: the limit of a new flow, and unchanged in an update. */
  readonly timeoutMs?: number;
}

export interface FlowInput {
  readonly name: string;
  readonly required: boolean;
  readonly defaultValue?: string;
  readonly description: string;
}

/** A node of a flow. Transitions are node ids, "" if missing. Texts are templates (core/template.ts). */
export type FlowNode = CustomerQueryNode | ExternalApiNode | SetNode | BranchNode | EndNode;

export interface CustomerQueryNode {
  readonly kind: "customer_query";
  readonly id: string;
  readonly query: {
    readonly id: string;
    readonly tel: string;
    readonly email: string;
    readonly thirdAccountId: string;
  };
  readonly next: string;
  readonly onNotFound: string;
  readonly onTimeout: string;
}

export interface ExternalApiNode {
  readonly kind: "external_api";
  readonly id: string;
  readonly externalApiId: string;
  readonly params: Readonly<Record<string, string>>;
  readonly onSuccess: string;
  readonly onFailure: string;
  readonly onTimeout: string;
}

export interface SetNode {
  readonly kind: "set";
  readonly id: string;
  readonly assignments: readonly { readonly variable: string; readonly value: string }[];
  readonly next: string;
}

export interface BranchNode {
  readonly kind: "branch";
  readonly id: string;
  readonly cases: readonly FlowCase[];
  readonly otherwise: string;
}

export interface FlowCase {
  readonly variable: string;
  readonly operator: FlowOperator;
  readonly value: string;
  readonly next: string;
}

export interface EndNode {
  readonly kind: "end";
  readonly id: string;
  readonly exit: string;
  /** Variables to return. Empty means all. */
  readonly outputs: readonly string[];
}

export const flowOperators = enumeration(
  "EQUALS",
  "NOT_EQUALS",
  "CONTAINS",
  "STARTS_WITH",
  "GREATER_THAN",
  "LESS_THAN",
  "IS_EMPTY",
  "IS_NOT_EMPTY",
);

export type FlowOperator = WordOf<typeof flowOperators>;

export const maxNodes = 50;
export const maxInputs = 20;
export const maxAssignments = 20;
export const maxCases = 20;
export const maxParams = 50;
export const maxOutputs = 100;

/** Maximum number of nodes that a run executes. */
export const maxSteps = 20;

/** Telephony systems commonly wait for 3 seconds. */
export const newFlowTimeoutMs = 2_500;
/** The limit that a client sends as 0. Earlier versions stored it for all flows without a limit. */
export const zeroFlowTimeoutMs = 8_000;
export const minFlowTimeoutMs = 100;
export const maxFlowTimeoutMs = 30_000;

/** A transition of a node. */
export interface NodeTransition {
  /** Path of the field within the node, in proto names. */
  readonly field: string;
  /** The branch on which the transition is taken. */
  readonly branch: FlowBranch;
  /** "" if missing. */
  readonly to: string;
}

export const flowBranches = enumeration("SUCCESS", "FAILURE", "TIMED_OUT", "OTHERWISE");

export type FlowBranch = WordOf<typeof flowBranches>;

/** All transitions of a node. An end node has none. */
export function transitionsOf(node: FlowNode): readonly NodeTransition[] {
  switch (node.kind) {
    case "customer_query":
      return [
        { field: "customer_query.next", branch: "SUCCESS", to: node.next },
        { field: "customer_query.on_not_found", branch: "FAILURE", to: node.onNotFound },
        { field: "customer_query.on_timeout", branch: "TIMED_OUT", to: node.onTimeout },
      ];
    case "external_api":
      return [
        { field: "external_api.on_success", branch: "SUCCESS", to: node.onSuccess },
        { field: "external_api.on_failure", branch: "FAILURE", to: node.onFailure },
        { field: "external_api.on_timeout", branch: "TIMED_OUT", to: node.onTimeout },
      ];
    case "set":
      return [{ field: "set.next", branch: "SUCCESS", to: node.next }];
    case "branch":
      return [
        ...node.cases.map(({ next }, index) => ({
          ...{ field: `branch.cases[${index}].next`, branch: "SUCCESS" as const, to: next },
        })),
        { field: "branch.otherwise", branch: "OTHERWISE", to: node.otherwise },
      ];
    case "end":
      return [];
    default:
      return node satisfies never;
  }
}

/** The properties of a flow that a client writes. */
export type FlowContent = Pick<IvrFlow, "name" | "description" | "definition">;

/** The change of a locked flow. */
export type FlowEdit = Partial<FlowContent> & { readonly archived?: boolean };

/**
 * Each write is one transaction with its audit log entry and its idempotency claim. A replay returns the current state.
 */
export interface IvrFlowRepository {
  get(target: CompanyResource, signal: AbortSignal): Promise<IvrFlow | undefined>;
  /** Ordered by name, then by id. Returns one row more than the page size if there is a next page. */
  list(query: CompanyResourceQuery, signal: AbortSignal): Promise<readonly IvrFlow[]>;
  /**
   * `check` throws if the flow must not be stored. It is not called for a replay. Throws ALREADY_EXISTS if the id is
   * already used.
   */
  create(flow: CompanyResource & FlowContent, write: WriteContext, check: () => void): Promise<IvrFlow>;
  /** Stores the change that `decide` returns for the locked flow. Undefined means no change. */
  change(
    target: CompanyResource,
    write: WriteContext,
    decide: (flow: IvrFlow | undefined) => FlowEdit | undefined,
  ): Promise<IvrFlow>;
}
