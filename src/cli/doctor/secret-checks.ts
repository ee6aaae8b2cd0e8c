import { stat } from "node:fs/promises";
import { join } from "node:path";
import type { Config } from "../../config/config.js";
import { type ServiceSecrets, serviceSecrets } from "../../database-server.js";
import { type Check, failed, ok, skipped, warning } from "./check.js";

/** Whether the secrets are there, and as random as the output of `openssl rand`. None of them is printed. */
export async function checkSecrets(config: Config): Promise<Check> {
  const file = join(config.dataDir, "secrets.json");
  const isKept = config.secretKey === undefined || config.pageTokenSecret === undefined;
  const kept = isKept ? await stat(file).catch(() => undefined) : undefined;
  if (isKept && !kept) return skipped("Secrets", `The first start writes them to ${file}.`);
  const weak = weakSecrets(config, await serviceSecrets(config));
  if (weak.length > 0) {
    const how = "Replace it by the output of: openssl rand -base64 32 (SECRET_KEY: docs/operations.md, rotation)";
    return failed("Secrets", `${weak.join(" and ")} can be guessed. ${how}.`);
  }
  if (kept && process.platform !== "win32" && (kept.mode & 0o077) !== 0)
    return warning("Secrets", `Other users can read ${file}. Run: chmod 600 ${file}`);
  return ok("Secrets", isKept ? `kept in ${file}` : "set by the environment");
}

function weakSecrets({ metricsToken }: Config, { secretKey, pageTokenSecret }: ServiceSecrets): readonly string[] {
  return [
    ...(isRandom(secretKey) ? [] : ["SECRET_KEY"]),
    ...(isRandom(Buffer.from(pageTokenSecret, "utf8")) ? [] : ["PAGE_TOKEN_SECRET"]),
    ...(metricsToken === undefined || isRandom(Buffer.from(metricsToken, "utf8")) ? [] : ["METRICS_TOKEN"]),
  ];
}

/** On average 32 random bytes have 30 different values, and 16 hexadecimal digits have 10. A repeated pattern has few. */
function isRandom(bytes: Uint8Array): boolean {
  const isHex = /^[0-9a-f]+$/i.test(Buffer.from(bytes).toString("latin1"));
  return new Set(bytes).size >= (isHex ? 6 : 12);
}
