import { clone, create, type DescMethodUnary, type JsonObject, type Message, mergeFromJson } from "@bufbuild/protobuf";
import { ApiKeyService } from "../../../src/gen/proto/moego/admin/v1/api_key_service_pb.js";
import { Organization_Type } from "../../../src/gen/proto/moego/auth/apikey/v1/apikey_pb.js";
import { PackageService } from "../../../src/gen/proto/moego/business/package/v1/package_service_pb.js";
import { IvrFlowService } from "../../../src/gen/proto/moego/callcenter/v1/ivr_flow_service_pb.js";
import { isReadOnly } from "../../../src/server/pipeline/contract.js";
import { idempotencyKeyHeader } from "../../../src/server/pipeline/idempotency-key.js";
import { withTexts } from "../../resources/method.js";
import { keys } from "../../support/fixture-keys.js";
import { newKey } from "../../support/made-key.js";
import { definitionOf, endNode, queryNode } from "../../support/new-flow.js";
import type { TestServer } from "../../support/server.js";
import type { Cell } from "./cells.js";
import { idFieldsOf, idsOfTenant } from "./id-fields.js";
import { secondPage } from "./more-cells.js";
import { foreignId, tenant } from "./neighbour.js";
import { planted } from "./predicate-rows.js";
import { withText } from "./requests.js";
import { keyOfTenantsCalls, type Rpc, worldKeys } from "./world.js";

const { createApiKey } = ApiKeyService.method;
const { listPackageDetails } = PackageService.method;
const { validateFlow } = IvrFlowService.method;

/** Requests that a row of the neighbour in predicate-rows.ts would change, by the rpc: ids by their paths. */
const collisions: Readonly<Record<string, readonly Readonly<Record<string, string>>[]>> = {
  EraseCustomer: [{ id: "cus_a1" }],
  EraseLead: [{ id: "lcus_a1" }],
  UpdateCustomerNote: [{ note_id: planted.note }],
  DeleteCustomerNote: [{ note_id: planted.note }],
  ListPetNotes: [{ customer_id: "cus_a1", id: planted.pet }],
  RefundPackage: [{ ledger_entry_id: planted.redemption }],
  ImportPet: [{ customer_id: "cus_a9" }, { "pet.pet_codes.id": "pc_a1" }],
  CreateCustomer: [{ "referral_source.id": "ref_a1" }],
  GetLead: [{ id: planted.promotedLead }],
  PromoteLead: [{ id: planted.promotedLead }, { id: "lcus_a1" }],
  CheckConsent: [{ lead_id: planted.promotedLead }],
};

const newTag = [{ name: planted.tagName }];
const relation = (value: JsonObject) => ({ customer: { customFields: { field_relation: { relation: value } } } });

/** The same by the rpc, of what are no ids: what is put into the request. */
const additions: Readonly<Record<string, readonly JsonObject[]>> = {
  CreateCustomer: [{ tags: newTag }],
  UpdateCustomer: [{ tags: newTag }],
  ImportCustomer: [
    { customer: { tags: newTag } },
    relation({ entity: "LEAD", refId: foreignId("lcus_a1") }),
    relation({ entity: "CUSTOMER", id: String(planted.rawId) }),
    relation({ entity: "LEAD", id: String(planted.rawId) }),
  ],
  QueryCustomer: [
    { id: "cus_a1", thirdAccountId: planted.account },
    { tel: "+12125550101", thirdAccountId: planted.account },
    { id: "cus_a1", thirdAccountId: planted.accountOfBoth },
    { tel: "+12125550101", thirdAccountId: planted.accountOfBoth },
  ],
};

/** Calls that make a tenant predicate decide; what they answer is compared with what they answer when it is there. */
export async function predicateCells(server: TestServer, rpc: Rpc): Promise<readonly Cell[]> {
  const { method, request, key } = rpc;
  const cell = (name: string, sent: Message, more: Partial<Cell> = {}): Cell => ({
    ...{ name, key, request: sent, expected: { code: "*" } },
    ...more,
  });
  const second = await secondPage(server, rpc);
  const chosen = idFieldsOf(method).filter(({ expectation }) => expectation === "free");
  const taken = chosen.reduce(
    (sent, { fields, kind }) =>
      withText(method.input, sent, fields, () => foreignId(idsOfTenant[kind ?? ""] ?? "any", 2)),
    request,
  );
  const inOtherCompany = withIdsOfQuota(method, request);
  return [
    cell("own by a key of another location", request, { key: worldKeys.location }),
    cell("own by a key of its location", request, { key: keys.businessA1 }),
    ...(collisions[method.name] ?? []).map((ids) => cell("own beside the neighbour's", withIds(rpc, ids))),
    ...(second ? [cell("own second page", second)] : []),
    ...(chosen.length > 0 ? [cell("ids that the neighbour has", taken)] : []),
    ...(isReadOnly(method) ? [] : [cell("own sent again", rpc.done, { headers: sentAgain })]),
    ...(method.name === "ImportLead"
      ? [cell("own sent again by another location", rpc.done, { key: worldKeys.location, headers: sentAgain })]
      : []),
    ...(method === createApiKey ? [cell("a location of the neighbour as the tenant's", keyOfForeignLocation())] : []),
    ...(method === validateFlow ? [cell("a field of the neighbour's customers", flowWithForeignField())] : []),
    ...(additions[method.name] ?? []).map((json) => cell("own and more", withJson(method, request, json))),
    ...(method === listPackageDetails ? [cell("own of one location", oneDetail(), { key: keys.businessA1 })] : []),
    ...(inOtherCompany ? [cell("first of its company", inOtherCompany, { key: keys.quota })] : []),
  ];
}

function withIds({ method, request }: Rpc, ids: Readonly<Record<string, string>>): Message {
  const fields = idFieldsOf(method);
  return Object.entries(ids).reduce((sent, [path, id]) => {
    const field = fields.find((one) => one.path === path);
    if (!field) throw new Error(`${method.name} has no ${path}`);
    return withText(method.input, sent, field.fields, () => id);
  }, request);
}

/** In a company that has a limit of customers, and no settings. */
function withIdsOfQuota(method: DescMethodUnary, request: Message): Message | undefined {
  if (method.name === "CreateLifeCycle") return withTexts(method.input, request, { company_id: "cmp_quota" });
  if (method.name !== "CreateCustomer") return undefined;
  return withTexts(method.input, request, { company_id: "cmp_quota", preferred_business_id: "biz_q1" });
}

const sentAgain = { [idempotencyKeyHeader]: keyOfTenantsCalls };

function withJson({ input }: DescMethodUnary, request: Message, json: JsonObject): Message {
  return mergeFromJson(input, clone(input, request), json);
}

/** With a package of another location, too, the call is refused as a whole. */
function oneDetail(): Message {
  return create(listPackageDetails.input, { companyId: tenant, packageIds: ["pkg_a1"], pagination: {} });
}

function keyOfForeignLocation(): Message {
  const plain = newKey();
  const organizations = [{ type: Organization_Type.BUSINESS, id: foreignId("biz_a1"), companyId: tenant }];
  const clientRestrictions = { case: "organizationRestrictions" as const, value: { organizations } };
  return create(createApiKey.input, { ...plain, restrictions: { ...plain.restrictions, clientRestrictions } });
}

function flowWithForeignField(): Message {
  const exits = { next: "done", onNotFound: "done", onTimeout: "done" };
  const draft = definitionOf([queryNode("ask", exits), endNode("done", [`ask.${planted.field}`])]);
  return create(validateFlow.input, { companyId: tenant, draft });
}
