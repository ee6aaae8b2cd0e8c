import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import type { DescMessage, JsonObject, JsonValue } from "@bufbuild/protobuf";
import {
  ListBusinessRequestSchema,
  ListBusinessResponseSchema,
} from "../../src/gen/proto/moego/business/business/v1/business_service_pb.js";
import {
  ListCompaniesRequestSchema,
  ListCompaniesResponseSchema,
} from "../../src/gen/proto/moego/business/company/v1/company_service_pb.js";
import {
  ListCustomerNotesRequestSchema,
  ListCustomerNotesResponseSchema,
  ListCustomersRequestSchema,
  ListCustomersResponseSchema,
} from "../../src/gen/proto/moego/business/customer/v1/customer_service_pb.js";
import {
  ListLeadsRequestSchema,
  ListLeadsResponseSchema,
} from "../../src/gen/proto/moego/business/customer/v1/lead_service_pb.js";
import {
  ListAllPetsRequestSchema,
  ListAllPetsResponseSchema,
  ListPetNotesRequestSchema,
  ListPetNotesResponseSchema,
} from "../../src/gen/proto/moego/business/customer/v1/pet_service_pb.js";
import {
  ListPackageDetailsRequestSchema,
  ListPackageDetailsResponseSchema,
  ListPackagesRequestSchema,
  ListPackagesResponseSchema,
} from "../../src/gen/proto/moego/business/package/v1/package_service_pb.js";
import { SettingService } from "../../src/gen/proto/moego/business/setting/v1/setting_service_pb.js";
import {
  ListStaffsRequestSchema,
  ListStaffsResponseSchema,
} from "../../src/gen/proto/moego/business/staff/v1/staff_service_pb.js";

interface Exchange {
  readonly path: RegExp;
  readonly input: DescMessage;
  readonly output: DescMessage;
}

const settings = SettingService.method;
const settingsAt = (end: string) => new RegExp(`^/v1/setting/companies/[^/]+${end}$`);

/** What a mirror asks the published API. */
const exchanges: readonly Exchange[] = [
  { path: /^\/v1\/companies:list$/, input: ListCompaniesRequestSchema, output: ListCompaniesResponseSchema },
  { path: /^\/v1\/businesses:list$/, input: ListBusinessRequestSchema, output: ListBusinessResponseSchema },
  { path: /^\/v1\/staffs:list$/, input: ListStaffsRequestSchema, output: ListStaffsResponseSchema },
  { path: /^\/v1\/customers:list$/, input: ListCustomersRequestSchema, output: ListCustomersResponseSchema },
  { path: /^\/v1\/leads:list$/, input: ListLeadsRequestSchema, output: ListLeadsResponseSchema },
  { path: /^\/v1\/pets:list$/, input: ListAllPetsRequestSchema, output: ListAllPetsResponseSchema },
  { path: /^\/v1\/packages:list$/, input: ListPackagesRequestSchema, output: ListPackagesResponseSchema },
  {
    path: /^\/v1\/packages\/details:list$/,
    ...{ input: ListPackageDetailsRequestSchema, output: ListPackageDetailsResponseSchema },
  },
  {
    path: /^\/v1\/customers\/[^/]+\/notes:list$/,
    ...{ input: ListCustomerNotesRequestSchema, output: ListCustomerNotesResponseSchema },
  },
  {
    path: /^\/v1\/customers\/[^/]+\/pets\/[^/]+\/notes:list$/,
    ...{ input: ListPetNotesRequestSchema, output: ListPetNotesResponseSchema },
  },
  ...[
    { end: "/customer/tags:list", method: settings.listCustomerTags },
    { end: "/customer/referral_sources:list", method: settings.listCustomerReferralSources },
    { end: "/leads/life_cycles", method: settings.listLeadsLifeCycles },
    { end: "/leads/action_status", method: settings.listLeadsActionStatus },
    { end: "/custom_fields", method: settings.listCustomFields },
    { end: "/pet/codes:list", method: settings.listPetCodes },
    { end: "/pet/sizes:list", method: settings.listPetSizes },
    { end: "/pet/types:list", method: settings.listPetTypes },
    { end: "/pet/coat_types:list", method: settings.listPetCoatTypes },
    { end: "/services:list", method: settings.listServices },
  ].map(({ end, method }) => ({ path: settingsAt(end), input: method.input, output: method.output })),
];

export interface HostedSource extends AsyncDisposable {
  readonly url: string;
  /** Requests that were answered, by path without ids. */
  readonly asked: ReadonlyMap<string, number>;
  /** Requests that were refused on purpose. */
  readonly troubles: number;
  /** The API keys that came. */
  readonly authorizations: ReadonlySet<string>;
}

export interface HostedOptions {
  /** Only what the published API has: neither members nor filters of our own. */
  readonly isPublished: boolean;
  /** Every so many requests one fails, with INTERNAL or with RESOURCE_EXHAUSTED in turn. */
  readonly troubleEvery?: number;
  /** Changes an answer. */
  readonly alter?: (path: string, body: JsonObject) => JsonObject;
}

/** Our own server, as the hosted system answers: pages by number, phones in national form, errors as INTERNAL. */
export async function openHostedSource(
  upstream: string,
  { isPublished, troubleEvery = Number.POSITIVE_INFINITY, alter = (_, body) => body }: HostedOptions,
): Promise<HostedSource> {
  const asked = new Map<string, number>();
  const authorizations = new Set<string>();
  let requests = 0;
  let troubles = 0;

  async function answer(request: IncomingMessage): Promise<Answer> {
    requests += 1;
    if (requests % troubleEvery === 0) {
      troubles += 1;
      if (troubles % 2 === 0) return { status: 500, body: { code: 13, message: "Internal error." }, headers: {} };
      return { status: 429, body: { code: 8, message: "Too many requests." }, headers: { "retry-after": "0" } };
    }
    const { url = "", method = "", headers } = request;
    authorizations.add(headers.authorization ?? "");
    const name = url.replaceAll(/(companies|customers|pets|leads)\/[^/:]+/g, "$1/*");
    asked.set(name, (asked.get(name) ?? 0) + 1);
    const exchange = exchanges.find(({ path }) => path.test(url));
    const body = await bodyOf(request);
    if (isPublished && (!exchange || hasOwnMember(exchange.input, body)))
      return { status: 500, body: { code: 13, message: "unknown field" }, headers: {} };
    const call = (sent: JsonObject) => forward(`${upstream}${url}`, method, headers.authorization ?? "", sent);
    const found = await page(call, body);
    if (found.status !== 200) return { status: 500, body: { code: 13, message: "Internal error." }, headers: {} };
    const shown = alter(url, national(found.body));
    return { ...found, body: isPublished && exchange ? published(exchange.output, shown) : shown };
  }

  const server = createServer((request, response) => {
    answer(request).then(
      ({ status, body, headers }) => {
        response.writeHead(status, { "content-type": "application/json", ...headers });
        response.end(JSON.stringify(body));
      },
      () => response.destroy(),
    );
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" && address ? address.port : 0;
  return {
    ...{ url: `http://127.0.0.1:${port}`, asked, authorizations },
    get troubles() {
      return troubles;
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

interface Answer {
  readonly status: number;
  readonly body: JsonObject;
  readonly headers: Readonly<Record<string, string>>;
}

type Call = (body: JsonObject) => Promise<Answer>;

/** Pages by number: all pages before are read each time, so that they shift as the list does. */
async function page(call: Call, { pagination, ...request }: JsonObject): Promise<Answer> {
  if (!isObject(pagination)) return call({ ...request });
  const number = Number(pagination["pageToken"] ?? "1");
  let token = "";
  for (let current = 1; ; current += 1) {
    const paging = { ...pagination, ...(token === "" ? {} : { pageToken: token }) };
    if (token === "") delete paging["pageToken"];
    const found = await call({ ...request, pagination: paging });
    const next = found.body["nextPageToken"];
    token = typeof next === "string" ? next : "";
    if (found.status !== 200 || current === number)
      return { ...found, body: { ...found.body, nextPageToken: token === "" ? "" : String(number + 1) } };
    if (token === "") return { ...found, body: { nextPageToken: "" } };
  }
}

async function forward(url: string, method: string, authorization: string, body: JsonObject): Promise<Answer> {
  const headers = { authorization, "content-type": "application/json" };
  const response = await fetch(url, method === "GET" ? { headers } : { method, headers, body: JSON.stringify(body) });
  return { status: response.status, body: objectOf(JSON.parse(await response.text())), headers: {} };
}

async function bodyOf(request: IncomingMessage): Promise<JsonObject> {
  let text = "";
  for await (const chunk of request) text += String(chunk);
  return text === "" ? {} : objectOf(JSON.parse(text));
}

function objectOf(json: JsonValue): JsonObject {
  return isObject(json) ? json : {};
}

function isObject(json: JsonValue | undefined): json is JsonObject {
  return typeof json === "object" && json !== null && !Array.isArray(json);
}

/** `+12133734253` as the hosted system writes it. */
function national(json: JsonObject): JsonObject {
  const spelled = (value: JsonValue): JsonValue => {
    if (Array.isArray(value)) return value.map(spelled);
    if (isObject(value)) return national(value);
    const [, area, exchange, line] =
      (typeof value === "string" ? /^\+1(\d{3})(\d{3})(\d{4})$/.exec(value) : null) ?? [];
    return area ? `(${area}) ${exchange}-${line}` : value;
  };
  return Object.fromEntries(Object.entries(json).map(([name, value]) => [name, spelled(value)]));
}

const firstOwnNumber = 1_000;

function hasOwnMember(schema: DescMessage, json: JsonObject): boolean {
  return Object.entries(json).some(([name, value]) => {
    const field = schema.fields.find(({ jsonName }) => jsonName === name);
    if (!field || field.number >= firstOwnNumber) return true;
    return (
      field.fieldKind === "message" && isObject(value) && isPlain(field.message) && hasOwnMember(field.message, value)
    );
  });
}

/** Timestamps and structs have JSON of their own. */
function isPlain({ typeName }: DescMessage): boolean {
  return !typeName.startsWith("google.protobuf.");
}

/** The message without members of our own. Records that only left a list are no part of it. */
export function published(schema: DescMessage, json: JsonObject): JsonObject {
  return Object.fromEntries(
    schema.fields.flatMap((field) => {
      const value = json[field.jsonName];
      if (value === undefined || field.number >= firstOwnNumber) return [];
      const inner = field.fieldKind === "message" || field.fieldKind === "list" ? field.message : undefined;
      if (!inner || !isPlain(inner)) return [[field.jsonName, value]];
      if (!Array.isArray(value)) return [[field.jsonName, isObject(value) ? published(inner, value) : value]];
      const present = value.filter(isObject).filter(({ departure }) => departure === undefined);
      return [[field.jsonName, present.map((item) => published(inner, item))]];
    }),
  );
}
