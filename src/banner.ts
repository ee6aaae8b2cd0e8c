import { isLoopback } from "./core/ip-ranges.js";
import type { WorkingSecrets } from "./demo/demo-keys.js";

interface BannerFacts {
  readonly readyAfterMs: number;
  readonly httpUrl: string;
  readonly grpcUrl: string;
  /** Absent if there is no demo data. */
  readonly demo: WorkingSecrets | undefined;
  /** Whether a person reads the banner. Files and pipes keep it, so it shows no secret there. */
  readonly isTerminal: boolean;
}

/**
 * The lines printed to standard output once the server is ready: addresses, on a terminal the demo API keys, and with
 * demo data a first request for each transport that can be pasted into a shell in the repository directory.
 */
export function formatBanner({ readyAfterMs, httpUrl, grpcUrl, demo, isTerminal }: BannerFacts): string {
  const ready = `moego is ready (started in ${(readyAfterMs / 1_000).toFixed(1)} s)`;
  const addresses = [`  REST, Connect, gRPC-Web  ${httpUrl}`, `  gRPC                     ${grpcUrl}`];
  const reference = `  API reference            ${httpUrl}/docs`;
  if (!demo) {
    const makeKey = "  Create an API key:  npx moego keys create --name NAME --company ID";
    return ["", ready, "", ...addresses, reference, "", makeKey, ""].join("\n");
  }
  const keys = isTerminal ? demoKeyLines(demo) : ["  Demo API keys            shown on a terminal only"];
  const calls =
    isTerminal && demo.first !== undefined
      ? firstCalls(httpUrl, grpcUrl, `-H 'authorization: Basic ${Buffer.from(demo.first, "utf8").toString("base64")}'`)
      : ["Create an API key:", createKey, "", ...firstCalls(httpUrl, grpcUrl, `-u "$KEY:"`)];
  // The page reads the key from the part of the address that browsers do not send, so no log and no proxy gets it.
  const hasKey = isTerminal && demo.first !== undefined && isLoopback(new URL(httpUrl).hostname);
  const withKey = hasKey ? `${reference}#key=${encodeURIComponent(demo.first)}` : reference;
  return ["", ready, "", ...addresses, withKey, ...keys, "", ...calls, ""].join("\n");
}

const createKey = "export KEY=$(npx moego keys create --name first-requests --company cmp_001 --staff staff_001)";

function demoKeyLines({ first, second }: WorkingSecrets): readonly string[] {
  // The new secret was shown only once, at the rotation.
  const changedKey = "(rotated or revoked)";
  return [`  Demo API key (cmp_001)   ${first ?? changedKey}`, `  Demo API key (cmp_002)   ${second ?? changedKey}`];
}

const list = `{"companyId":"cmp_001","pagination":{"pageSize":2}}`;
const listCustomers = "moego.business.customer.v1.CustomerService/ListCustomers";

function firstCalls(httpUrl: string, grpcUrl: string, authorization: string): readonly string[] {
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
