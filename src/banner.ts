import type { WorkingSecrets } from "./demo/demo-keys.js";

interface BannerFacts {
  readonly readyAfterMs: number;
  readonly httpUrl: string;
  readonly grpcUrl: string;
  /** Absent if there is no demo data. */
  readonly demo: WorkingSecrets | undefined;
}

/**
 * The lines printed to standard output once the server is ready: addresses, demo API keys, and a first request for each
 * transport that can be pasted into a shell in the repository directory.
 */
export function formatBanner({ readyAfterMs, httpUrl, grpcUrl, demo }: BannerFacts): string {
  const ready = `moego is ready (started in ${(readyAfterMs / 1_000).toFixed(1)} s)`;
  const addresses = [`  REST, Connect, gRPC-Web  ${httpUrl}`, `  gRPC                     ${grpcUrl}`];
  const makeKey = "  Create an API key:  npx moego keys create --name NAME --company ID";
  if (!demo) return ["", ready, "", ...addresses, "", makeKey, ""].join("\n");
  const keys = [
    `  Demo API key (cmp_001)   ${demo.first ?? changedKey}`,
    `  Demo API key (cmp_002)   ${demo.second ?? changedKey}`,
  ];
  const calls = demo.first === undefined ? [makeKey] : firstCalls(httpUrl, grpcUrl, demo.first);
  return ["", ready, "", ...addresses, ...keys, "", ...calls, ""].join("\n");
}

/** The new secret was shown only once, at the rotation. */
const changedKey = "(rotated or revoked)";

const list = `{"companyId":"cmp_001","pagination":{"pageSize":2}}`;
const listCustomers = "moego.business.customer.v1.CustomerService/ListCustomers";

function firstCalls(httpUrl: string, grpcUrl: string, key: string): string[] {
  const authorization = `-H 'authorization: Basic ${Buffer.from(key, "utf8").toString("base64")}'`;
  // curl does not trust a self-signed certificate.
  const anyCertificate = httpUrl.startsWith("https:") ? "-k " : "";
  const cleartextHttp2 = httpUrl.startsWith("https:") ? "" : "--http2-prior-knowledge ";
  return [
    "REST:",
    `curl ${anyCertificate}${authorization} -H 'content-type: application/json' -d '${list}' ${httpUrl}/v1/customers:list`,
    "",
    "gRPC (using reflection):",
    `npx buf curl ${anyCertificate}--protocol grpc ${cleartextHttp2}${authorization} -d '${list}' ${grpcUrl}/${listCustomers}`,
    "",
    "Connect:",
    `npx buf curl ${anyCertificate}--schema proto ${authorization} -d '${list}' ${httpUrl}/${listCustomers}`,
  ];
}
