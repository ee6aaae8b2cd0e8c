import type { Row } from "../../src/demo/demo-directory.js";
import { MergeService } from "../../src/gen/proto/moego/admin/v1/merge_service_pb.js";
import { locationKey } from "../reliability/tenancy/location-key.js";
import { planted } from "../reliability/tenancy/planted.js";
import { madeCustomer } from "../support/records.js";
import type { TestServer } from "../support/server.js";
import { entry, type RpcEntry } from "./entry.js";
import { isFilter, isNamed } from "./tenancy.js";
import { company, descending, minute, numbers, placeOf, rowId } from "./walk.js";

const merge = MergeService.method;
const companyId = "cmp_a";

async function madePair(server: TestServer) {
  const [{ id }, { id: fromId }] = [await madeCustomer(server), await madeCustomer(server)];
  return { companyId, id, fromId };
}

async function madeMerge(server: TestServer) {
  const { merge: made } = await server.ok(merge.mergeCustomers, await madePair(server));
  return { companyId, mergeId: made?.id ?? "" };
}

const mergeRow = (id: string, place: number): Row => ({
  ...{ company_id: company, id, from_id: `from_${id.slice(-25)}`, into_id: rowId(0), survivor_id: rowId(0) },
  ...{ merged_time: minute(place), undoable_until: "2100-01-01T00:00:00Z", carried: {} },
});

const idFields = { from_id: isNamed };
const { into, from, merge: mergeId } = planted.merging;
const ofPair = { name: "of everything", request: { companyId, id: into, fromId: from } };
const ofMerge = { companyId, mergeId };
const isOfPreview = { ...isNamed, id: "cus_a1" };

export const merges: readonly RpcEntry[] = [
  entry(merge.previewMerge, {
    request: { companyId, id: "cus_a1", fromId: "cus_a2" },
    foreignIds: { id: "cus_c1" },
    tenancy: { idFields: { ...idFields, id: isOfPreview }, calls: [ofPair] },
  }),
  entry(merge.mergeCustomers, {
    request: madePair,
    foreignIds: { id: "cus_c1" },
    async repeat(server) {
      const [good, other] = [await madePair(server), await madePair(server)];
      return { good, other, bad: { ...good, id: good.fromId } };
    },
    tenancy: { idFields, calls: [ofPair] },
  }),
  entry(merge.undoMerge, {
    request: madeMerge,
    foreignIds: { merge_id: "mrg_c1" },
    async repeat(server) {
      const [good, other] = [await madeMerge(server), await madeMerge(server)];
      return { good, other, bad: { companyId, mergeId: "mrg_absent" } };
    },
    tenancy: {
      calls: [
        { name: "of everything", request: ofMerge },
        { name: "by a key of the location of the merged one", request: ofMerge, key: locationKey },
      ],
    },
  }),
  entry(merge.listMerges, {
    request: { companyId, pagination: {} },
    tenancy: { idFields: { customer_id: isFilter } },
    rows: [["customer_merge", numbers.map((number) => mergeRow(rowId(number), placeOf(number)))]],
    walks: [
      {
        ...{
          order: "newest first",
          request: { companyId: company },
          otherRequest: { companyId: company, customerId: rowId(0) },
        },
        ...{ ids: descending, table: "customer_merge", stranger: mergeRow },
      },
    ],
  }),
];
