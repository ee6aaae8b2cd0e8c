import type { VipLevel } from "../domain/caller-profile.js";
import { createCallerProfiles } from "../domain/caller-profiles.js";
import { createCallerQuery } from "../domain/caller-query.js";
import type { CallerRepository } from "../domain/caller-repository.js";
import { idPrefixes } from "../domain/ids.js";
import type { NameContent } from "../domain/setting.js";
import { createSettingList } from "../domain/setting-list.js";
import type { SettingRepository } from "../domain/setting-repository.js";
import { CallerService } from "../gen/proto/moego/callcenter/v1/caller_service_pb.js";
import { VipLevelService } from "../gen/proto/moego/callcenter/v1/vip_level_service_pb.js";
import { createCallerHandlers } from "./callers.js";
import { type HandlerRegistry, registry } from "./rpc.js";
import { createVipLevelHandlers } from "./vip-levels.js";

export interface CallCenterDependencies {
  readonly callers: CallerRepository;
  readonly vipLevels: SettingRepository<VipLevel, NameContent>;
}

/** The handlers of moego.callcenter.v1. */
export function createCallCenterRegistry(dependencies: CallCenterDependencies): HandlerRegistry {
  const callerQuery = createCallerQuery(dependencies.callers);
  const callerProfiles = createCallerProfiles(dependencies.callers);
  const vipLevels = createSettingList(dependencies.vipLevels, { resource: "VipLevel", idPrefix: idPrefixes.vipLevel });
  return new Map([
    ...registry(CallerService, createCallerHandlers({ callerQuery, callerProfiles })),
    ...registry(VipLevelService, createVipLevelHandlers(vipLevels)),
  ]);
}
