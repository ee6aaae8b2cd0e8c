import type { ApiKey, ApiKeyInput, Organization } from "../resources/api-keys/api-key.model.js";
import { createApiKeyRepository } from "../resources/api-keys/api-key.repository.js";
import { type ApiKeys, createApiKeys, defaultOverlapMs, maxOverlapMs } from "../resources/api-keys/api-key.service.js";
import { type Command, counted, itemNames, type OptionNames, outJson, toColumns, withOptionNames } from "./command.js";
import type * as declared from "./declarations/keys.js";
import { type Session, withDatabase } from "./session.js";
import { UsageError } from "./usage-error.js";

/** `moego keys create`: prints the secret once. */
export const createKey: Command<typeof declared.createKey> = async (values, context) => {
  const input: ApiKeyInput = {
    name: values.name,
    organizations: [
      ...values.enterprise.map((id) => ({ type: "ENTERPRISE", id }) as const),
      ...values.company.map((id) => ({ type: "COMPANY", id }) as const),
      ...values.business.map(toBusiness),
    ],
    scopes: values.scope,
    allowedAddresses: values["allow-address"],
    ...(values.staff === undefined ? {} : { staffId: values.staff }),
    ...(values.expires === undefined ? {} : { expiredTime: parseExpiry(values.expires, context.now()) }),
  };
  const { key, secret } = await withOptionNames(optionNamesOf(input), () =>
    withDatabase(context, "moego keys create", (session) =>
      keysOf(session, context.now).create(input, "installation", session.write),
    ),
  );
  const { out, err } = context.terminal;
  if (findsCallers(key)) err(findsCallersNote);
  if (values.json) return outJson(context.terminal, { ...key, secret });
  out(secret ?? "");
  err(`Created API key ${key.id} (${key.name}). Store the secret now; it cannot be shown again.`);
};

const findsCallersNote =
  "Note: callcenter:read includes QueryCustomer and LookupCaller. They find any customer or lead that the key has access " +
  "to by phone number, email address or account id, and show name, address, tags, newest note and custom fields.";

/** An empty list of scopes includes `callcenter:read`. */
function findsCallers({ scopes }: Pick<ApiKey, "scopes">): boolean {
  return scopes.length === 0 || scopes.includes("callcenter:read");
}

function optionNamesOf({ organizations, scopes, allowedAddresses }: ApiKeyInput): OptionNames {
  return {
    ...{ name: "--name", scopes: "--scope", allowed_addresses: "--allow-address", expired_time: "--expires" },
    ...{ staff_id: "--staff", organizations: "--company, --business, --enterprise" },
    ...itemNames(
      "organizations",
      organizations.map((organization) => `--${organization.type.toLowerCase()} ${pathOf(organization)}`),
    ),
    ...itemNames(
      "scopes",
      scopes.map((scope) => `--scope ${scope}`),
    ),
    ...itemNames(
      "allowed_addresses",
      allowedAddresses.map((range) => `--allow-address ${range}`),
    ),
  };
}

/** `moego keys list`: all API keys, newest first. */
export const listKeys: Command<typeof declared.listKeys> = async ({ json }, context) => {
  const keys = await withDatabase(context, "moego keys list", (session) => readAll(session, context.now));
  const { out } = context.terminal;
  if (json) return outJson(context.terminal, keys);
  const heading = ["ID", "NAME", "STATE", "ORGANIZATIONS", "SECRET PREFIX", "LAST USED", "SCOPES"];
  for (const line of toColumns([heading, ...keys.map((key) => toCells(key, context.now()))])) out(line);
};

/** `moego keys rotate ID`: prints the new secret once. The previous secret stays valid for the overlap. */
export const rotateKey: Command<typeof declared.rotateKey> = async (values, context) => {
  const { ID: id } = values;
  const overlapMs = values.overlap === undefined ? defaultOverlapMs : parseDuration(values.overlap);
  if (overlapMs === undefined || overlapMs > maxOverlapMs)
    throw new UsageError("--overlap must be a duration from 0h to 30d, for example 24h or 7d.");
  const { key, secret } = await withDatabase(context, "moego keys rotate", (session) =>
    keysOf(session, context.now).rotate({ id, overlapMs }, "installation", session.write),
  );
  const { out, err } = context.terminal;
  if (values.json) return outJson(context.terminal, { ...key, secret });
  out(secret ?? "");
  err(`Rotated API key ${key.id} (${key.name}). Store the new secret now; it cannot be shown again.`);
  err(endOf(overlapMs));
};

function endOf(overlapMs: number): string {
  if (overlapMs === 0) return "The previous secret no longer works.";
  return `The previous secret expires in ${counted(overlapMs / 3_600_000, "hour")}.`;
}

/** `moego keys revoke ID`: takes effect everywhere within 2 s. */
export const revokeKey: Command<typeof declared.revokeKey> = async ({ ID: id, json }, context) => {
  const key = await withDatabase(context, "moego keys revoke", (session) =>
    keysOf(session, context.now).revoke(id, "installation", session.write),
  );
  if (json) return outJson(context.terminal, key);
  context.terminal.out(`Revoked API key ${key.id} (${key.name}) at ${key.revokedTime?.toISOString()}.`);
};

function keysOf(session: Session, now: () => number): ApiKeys {
  return createApiKeys({ repository: createApiKeyRepository(session), now });
}

const pageSize = 500;

async function readAll(session: Session, now: () => number): Promise<readonly ApiKey[]> {
  const all: ApiKey[] = [];
  for (;;) {
    const last = all.at(-1);
    const after = last ? { after: { time: last.createdTime, id: last.id } } : {};
    const query = { showRevoked: true, page: { size: pageSize, offset: 0, ...after } };
    const rows = await keysOf(session, now).list(query, "installation", session.write.signal);
    all.push(...rows.slice(0, pageSize));
    if (rows.length <= pageSize) return all;
  }
}

function toBusiness(path: string): Organization {
  const [companyId, id, ...rest] = path.split("/");
  if (!companyId || !id || rest.length > 0)
    throw new UsageError("--business must be COMPANY/BUSINESS, for example cmp_001/biz_001.");
  return { type: "BUSINESS", companyId, id };
}

function pathOf(organization: Organization): string {
  return organization.type === "BUSINESS" ? `${organization.companyId}/${organization.id}` : organization.id;
}

function toCells(key: ApiKey, now: number): string[] {
  const organizations = key.organizations.map(pathOf);
  const expired = key.expiredTime !== undefined && key.expiredTime.getTime() <= now;
  return [
    key.id,
    key.name,
    key.revokedTime ? "revoked" : expired ? "expired" : "active",
    organizations.join(",") || "-",
    key.hints.join(","),
    key.lastUsedTime?.toISOString() ?? "never",
    // The last column, because the scopes of one key can be longer than a terminal line.
    key.scopes.join(",") || "(default)",
  ];
}

const unitMs = { h: 3_600_000, d: 86_400_000 } as const;

/**
 * When an API key expires: a duration from now (`12h`, `90d`), an RFC 3339 time, or a date, which means its start in
 * UTC. The key validation checks that it is in the future.
 */
function parseExpiry(text: string, now: number): Date {
  const spanMs = parseDuration(text);
  if (spanMs !== undefined) return new Date(now + spanMs);
  const isMoment = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,3})?)?(Z|[+-]\d\d:\d\d))?$/.test(text);
  const moment = new Date(text);
  if (isMoment && !Number.isNaN(moment.getTime())) return moment;
  throw new UsageError("--expires must be a duration (90d, 12h) or an RFC 3339 time (2030-01-31T00:00:00Z).");
}

/** Milliseconds of a duration such as `12h` or `90d`; undefined if it is invalid. */
function parseDuration(text: string): number | undefined {
  const [, amount, unit] = /^(\d{1,5})([hd])$/.exec(text) ?? [];
  return amount === undefined ? undefined : Number(amount) * (unit === "h" ? unitMs.h : unitMs.d);
}
