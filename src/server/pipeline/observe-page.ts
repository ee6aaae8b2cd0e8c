import type { Logger } from "pino";
import { type AddressDetail, recordedAddress } from "../../core/client-address.js";
import type { CallMetrics } from "./observe.js";

/** A request without an API key: of a page for people, or of a payment provider. It has no path, which can be secret. */
export interface PageReport {
  readonly page: "card link" | "stripe webhook";
  readonly method: string;
  /** HTTP status of the response. */
  readonly status: number;
  readonly durationMs: number;
  readonly requestId: string;
  readonly clientAddress: string;
  readonly companyId?: string | undefined;
  readonly resourceId?: string | undefined;
  /** Why it failed. */
  readonly cause?: unknown;
}

interface PageObserver {
  readonly logger: Logger;
  readonly metrics: Pick<CallMetrics, "observe">;
  /** How much of the client's address is logged. */
  readonly addressDetail: AddressDetail;
}

/** Logs and counts a request, with the page as its rpc. */
export function createReportPage({ logger, metrics, addressDetail }: PageObserver): (page: PageReport) => void {
  return ({ page, method, status, durationMs, requestId, clientAddress, companyId, resourceId, cause }) => {
    metrics.observe({ rpc: page, transport: "rest", code: codeOf(status), durationMs });
    const fields = {
      ...{ page, method, status, durationMs: Math.round(durationMs * 10) / 10, requestId, companyId },
      resourceIds: resourceId === undefined ? undefined : [resourceId],
      clientAddress: recordedAddress(clientAddress, addressDetail),
    };
    if (status >= 500) logger.error({ ...fields, err: cause }, "request failed");
    else logger.info(fields, "request");
  };
}

/** The canonical code that is closest to a status of these pages. */
function codeOf(status: number): string {
  if (status < 400) return "OK";
  if (status === 403) return "PERMISSION_DENIED";
  if (status === 405) return "UNIMPLEMENTED";
  if (status === 410) return "NOT_FOUND";
  if (status === 429) return "RESOURCE_EXHAUSTED";
  if (status < 500) return "INVALID_ARGUMENT";
  return status === 503 ? "UNAVAILABLE" : "INTERNAL";
}
