/** GetCustomer, CreateCustomer, ListCustomers of 50: what the peers serve. */
export const peerOperations = ["R", "W", "L"] as const;
/** Writes that are compared with CreateCustomer. */
export const comparedWrites = ["UpdateCustomer", "AppendCustomerNotes", "PromoteLead", "RedeemPackage"] as const;
/** Two reads of the same customers. */
export const comparedReads = ["GetCustomer", "QueryCustomer"] as const;

export type ComparedWrite = (typeof comparedWrites)[number];
export type Operation = (typeof peerOperations)[number] | ComparedWrite | (typeof comparedReads)[number];

export type Transport = "gRPC" | "REST";

/** What measure.ts asks of the process that sends load. */
export interface LoadOrder {
  readonly operation: Operation;
  readonly transport: Transport;
  readonly port: number;
  readonly seconds: number;
  /** Customers that can be read. */
  readonly rows: number;
  /** Number of the first lead that can be promoted. The process counts on from it. */
  readonly firstLead: number;
}

export interface LoadFigures {
  readonly calls: number;
  /** Calls that failed, or whose answer does not contain what was asked for. */
  readonly failures: number;
  /** An answer to one of them. */
  readonly failure: string | undefined;
  readonly seconds: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** CPU time of the client. */
  readonly cpuSeconds: number;
}
