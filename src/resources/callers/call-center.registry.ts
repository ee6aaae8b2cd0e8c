import type { PageTokens } from "../../api/page-token.js";
import { type HandlerRegistry, registry } from "../../api/rpc.js";
import { idPrefixes } from "../../core/ids.js";
import { CallerService } from "../../gen/proto/moego/callcenter/v1/caller_service_pb.js";
import { ExternalApiService } from "../../gen/proto/moego/callcenter/v1/external_api_service_pb.js";
import { IvrFlowService } from "../../gen/proto/moego/callcenter/v1/ivr_flow_service_pb.js";
import { VipLevelService } from "../../gen/proto/moego/callcenter/v1/vip_level_service_pb.js";
import { createExternalApiHandlers } from "../external-apis/external-api.handlers.js";
import { createExternalApis, type ExternalApiDependencies } from "../external-apis/external-api.service.js";
import { createIvrFlowHandlers } from "../ivr-flows/ivr-flow.handlers.js";
import { createIvrFlows } from "../ivr-flows/ivr-flow.service.js";
import type { IvrFlowRepository } from "../ivr-flows/ivr-flow-store.model.js";
import type { NameContent } from "../setting-lists/setting.model.js";
import { createSettingList } from "../setting-lists/setting-list.service.js";
import type { SettingRepository } from "../setting-lists/setting-store.model.js";
import { createVipLevelHandlers } from "../vip-levels/vip-level.handlers.js";
import { createCallerHandlers } from "./caller.handlers.js";
import type { CallerRepository } from "./caller.model.js";
import type { VipLevel } from "./caller-profile.model.js";
import { createCallerProfiles } from "./caller-profile.service.js";
import { createCallerQuery } from "./caller-query.service.js";

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
