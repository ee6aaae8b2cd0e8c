import type { PageTokens } from "../../api/page-token.js";
import { type HandlerRegistry, registry } from "../../api/rpc.js";
import { idPrefixes } from "../../core/ids.js";
import type { VipLevel } from "../../domain/callcenter/caller-profile.js";
import { createCallerProfiles } from "../../domain/callcenter/caller-profiles.js";
import { createCallerQuery } from "../../domain/callcenter/caller-query.js";
import type { CallerRepository } from "../../domain/callcenter/caller-repository.js";
import { createExternalApis, type ExternalApiDependencies } from "../../domain/callcenter/external-apis.js";
import type { IvrFlowRepository } from "../../domain/callcenter/ivr-flow-repository.js";
import { createIvrFlows } from "../../domain/callcenter/ivr-flows.js";
import { CallerService } from "../../gen/proto/moego/callcenter/v1/caller_service_pb.js";
import { ExternalApiService } from "../../gen/proto/moego/callcenter/v1/external_api_service_pb.js";
import { IvrFlowService } from "../../gen/proto/moego/callcenter/v1/ivr_flow_service_pb.js";
import { VipLevelService } from "../../gen/proto/moego/callcenter/v1/vip_level_service_pb.js";
import type { NameContent } from "../../resources/setting-lists/setting.model.js";
import { createSettingList } from "../../resources/setting-lists/setting-list.service.js";
import type { SettingRepository } from "../../resources/setting-lists/setting-store.model.js";
import { createCallerHandlers } from "./callers.js";
import { createExternalApiHandlers } from "./external-apis.js";
import { createIvrFlowHandlers } from "./ivr-flows.js";
import { createVipLevelHandlers } from "./vip-levels.js";

export interface CallCenterDependencies extends ExternalApiDependencies {
  readonly callers: CallerRepository;
  readonly ivrFlows: IvrFlowRepository;
  readonly vipLevels: SettingRepository<VipLevel, NameContent>;
}

/** The handlers of moego.callcenter.v1. */
export function createCallCenterRegistry(
  dependencies: CallCenterDependencies,
  pageTokens: PageTokens,
): HandlerRegistry {
  const callerQuery = createCallerQuery(dependencies.callers);
  const callerProfiles = createCallerProfiles(dependencies.callers);
  const vipLevels = createSettingList(dependencies.vipLevels, {
    resource: "VipLevel",
    idPrefix: idPrefixes.vipLevel,
    writeScope: "callcenter:write",
  });
  const externalApis = createExternalApis(dependencies);
  const flows = createIvrFlows({ ivrFlows: dependencies.ivrFlows, callerQuery, externalApis });
  return new Map([
    ...registry(ExternalApiService, createExternalApiHandlers({ externalApis, pageTokens })),
    ...registry(IvrFlowService, createIvrFlowHandlers({ flows, pageTokens })),
    ...registry(CallerService, createCallerHandlers({ callerQuery, callerProfiles })),
    ...registry(VipLevelService, createVipLevelHandlers(vipLevels)),
  ]);
}
