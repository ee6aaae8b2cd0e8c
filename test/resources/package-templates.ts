import { PackageTemplateService } from "../../src/gen/proto/moego/admin/v1/package_template_service_pb.js";
import type { TestServer } from "../support/server.js";
import { entry, type RpcEntry } from "./entry.js";
import { reading } from "./texts.js";

const rpc = PackageTemplateService.method;
const companyId = "cmp_a";
const foreignIds = { id: "pkt_c1" };
const items = [{ quantity: 5, services: [{ serviceId: "srv_a1" }] }];
const content = { companyId, price: { currencyCode: "USD", units: 9n }, items };
const absent = { companyId, id: "pkt_z" };

async function made(server: TestServer) {
  const { packageTemplate } = await server.ok(rpc.createPackageTemplate, { ...content, name: "Made" });
  return { companyId, id: packageTemplate?.id ?? "" };
}

async function archived(server: TestServer) {
  const named = await made(server);
  await server.ok(rpc.archivePackageTemplate, named);
  return named;
}

const texts = { reading: () => reading(rpc.listPackageTemplates, { companyId }) };

export const packageTemplates: readonly RpcEntry[] = [
  entry(rpc.listPackageTemplates, {
    request: { companyId },
    tenancy: {
      idFields: { business_ids: { expectation: "ignored", why: "every template is sold at all locations" } },
    },
  }),
  entry(rpc.createPackageTemplate, {
    request: { ...content, name: "Five" },
    repeat: async () => ({
      good: { ...content, name: "A" },
      other: { ...content, name: "B" },
      bad: { ...content, name: "A", expirationDays: -1 },
    }),
    texts,
  }),
  entry(rpc.updatePackageTemplate, {
    request: { companyId, id: "pkt_a1", name: "Five baths" },
    foreignIds,
    async repeat(server) {
      const on = await made(server);
      return { good: { ...on, name: "A" }, other: { ...on, name: "B" }, bad: { ...absent, name: "A" } };
    },
    texts,
  }),
  entry(rpc.archivePackageTemplate, {
    request: made,
    foreignIds,
    repeat: async (server) => ({ good: await made(server), other: await made(server), bad: absent }),
  }),
  entry(rpc.restorePackageTemplate, {
    request: { companyId, id: "pkt_a1" },
    foreignIds,
    repeat: async (server) => ({ good: await archived(server), other: await archived(server), bad: absent }),
  }),
];
