/** GetCustomer, CreateCustomer, ListCustomers of 50. */
export const operations = ["R", "W", "L"] as const;
export type Operation = (typeof operations)[number];

export type Transport = "gRPC" | "REST";

/** What measure.ts asks of the process that sends load. */
export interface LoadOrder {
  readonly operation: Operation;
  readonly transport: Transport;
  readonly port: number;
  readonly seconds: number;
  /** Customers that can be read. */
  readonly rows: number;
}

export interface LoadFigures {
  readonly calls: number;
  /** Calls that failed, or whose answer does not contain what was asked for. */
  readonly failures: number;
  readonly seconds: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** CPU time of the client. */
  readonly cpuSeconds: number;
}
