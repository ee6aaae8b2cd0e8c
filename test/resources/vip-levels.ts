import { VipLevelService } from "../../src/gen/proto/moego/callcenter/v1/vip_level_service_pb.js";
import { entry, type RpcEntry } from "./entry.js";
import {
  archivedBy,
  change,
  creation,
  idsOf,
  type MakeEntry,
  onEntry,
  type ReadOrder,
  rename,
  reorder,
} from "./setting-list.js";
import { reading } from "./texts.js";

const rpc = VipLevelService.method;
const companyId = "cmp_a";
const foreignIds = { id: "vip_c1" };

const make: MakeEntry = async (server) =>
  (await server.ok(rpc.createVipLevel, { companyId, name: "Made" })).vipLevel?.id ?? "";
const order: ReadOrder = async (server) => idsOf((await server.ok(rpc.listVipLevels, { companyId })).vipLevels);

const texts = { reading: () => reading(rpc.listVipLevels, { companyId }) };

export const vipLevels: readonly RpcEntry[] = [
  entry(rpc.listVipLevels, { request: { companyId } }),
  entry(rpc.createVipLevel, { request: { companyId, name: "Bronze" }, repeat: creation("vip_a1"), texts }),
  entry(rpc.updateVipLevel, { ...rename("vip_a2", "vip_c1", make), texts }),
  entry(rpc.reorderVipLevels, reorder(make, order)),
  entry(rpc.archiveVipLevel, {
    request: async (server) => ({ companyId, id: await make(server) }),
    foreignIds,
    repeat: onEntry(make),
  }),
  entry(
    rpc.restoreVipLevel,
    change(
      "vip_a9",
      "vip_c1",
      archivedBy(make, (server, id) => server.ok(rpc.archiveVipLevel, { companyId, id })),
    ),
  ),
];
