import type { Row } from "../../src/demo/demo-directory.js";
import { AuditService, RecordKind } from "../../src/gen/proto/moego/admin/v1/audit_service_pb.js";
import { entry, type RpcEntry } from "./entry.js";
import { isFilter } from "./tenancy.js";
import { company, descending, minute, numbers, placeOf, rowId } from "./walk.js";

const rpc = AuditService.method;
const companyId = "cmp_a";
const customer = { kind: RecordKind.CUSTOMER, id: "cus_a1" };

const change = (place: number, resourceId: string, keyId = "key_listed"): Row => ({
  ...{ company_id: company, kind: "customer", resource_id: resourceId, version: 1, changed_time: minute(place) },
  ...{ rpc: "a.B/C", key_id: keyId, staff_id: "", request_id: "request" },
});

const use = (place: number, id: string, keyId = "key_listed"): Row => ({
  ...{ company_id: company, id, key_id: keyId, rpc: "a.B/C", records: [], request_id: "request" },
  used_time: minute(place),
});

export const audit: readonly RpcEntry[] = [
  entry(rpc.listChanges, {
    request: { companyId, pagination: {} },
    rows: [["change", numbers.map((number) => change(placeOf(number), rowId(number)))]],
    walks: [
      {
        order: "newest first",
        request: { companyId: company, keyId: "key_listed" },
        otherRequest: { companyId: company, keyId: "key_other" },
        ids: descending,
        table: "change",
        isLedger: true,
        strangersAreForeign: true,
        stranger: (id, place) => change(place, id, "key_stranger"),
      },
    ],
    tenancy: {
      request: { companyId, record: customer, pagination: {} },
      idFields: {
        "record.id": { ...isFilter, id: "cus_a1" },
        key_id: { ...isFilter, id: "key_a" },
        staff_id: isFilter,
      },
      calls: [
        { name: "of a key", request: { companyId, record: customer, keyId: "key_a", pagination: {} } },
        { name: "of a staff member", request: { companyId, record: customer, staffId: "staff_a1", pagination: {} } },
      ],
    },
  }),
  entry(rpc.listKeyUse, {
    request: { companyId, pagination: {} },
    rows: [["key_use", numbers.map((number) => use(placeOf(number), rowId(number)))]],
    walks: [
      {
        order: "newest first",
        request: { companyId: company, keyId: "key_listed" },
        otherRequest: { companyId: company, keyId: "key_other" },
        ids: descending,
        table: "key_use",
        stranger: (id, place) => use(place, id),
      },
    ],
    tenancy: {
      request: { companyId, record: customer, pagination: {} },
      idFields: { "record.id": { ...isFilter, id: "cus_a1" }, key_id: { ...isFilter, id: "key_a" } },
      calls: [{ name: "of a key", request: { companyId, record: customer, keyId: "key_of_both", pagination: {} } }],
    },
  }),
];
