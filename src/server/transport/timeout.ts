import { invalidRequest } from "../../core/errors.js";
import { type HttpRequest, headerOf } from "./http-message.js";

/** Of Connect: whole milliseconds, at most ten digits. */
export const connectTimeoutHeader = "connect-timeout-ms";
/** Of gRPC and gRPC-Web, and of REST as in grpc-gateway: at most eight digits and a unit, for example `200m`. */
export const grpcTimeoutHeader = "grpc-timeout";

const unitsMs: Readonly<Record<string, number>> = { H: 3_600_000, M: 60_000, S: 1_000, m: 1, u: 0.001, n: 0.000_001 };

/**
 * Timeout that the client requests, in milliseconds; undefined if it sets none.
 *
 * @throws DomainError INVALID_REQUEST at the header, for an invalid value
 */
export function timeoutMsOf(
  request: HttpRequest,
  header: typeof connectTimeoutHeader | typeof grpcTimeoutHeader,
): number | undefined {
  const value = headerOf(request, header);
  if (value === undefined) return undefined;
  const isConnect = header === connectTimeoutHeader;
  const shape = isConnect ? /^(\d{1,10})$/ : /^(\d{1,8})([HMSmun])$/;
  const [, amount, unit = "m"] = shape.exec(value) ?? [];
  if (amount !== undefined) return Number(amount) * (unitsMs[unit] ?? 1);
  const description = `Must be a valid timeout of the protocol, for example ${isConnect ? "500" : "500m"}.`;
  throw invalidRequest([{ field: header, reason: "INVALID_FORMAT", description }]);
}
