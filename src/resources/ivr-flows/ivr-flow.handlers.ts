import { companyResourceSchema } from "../../api/fields.js";
import type { PageTokens } from "../../api/page-token.js";
import { nameCursorOf, paged } from "../../api/paged.js";
import { archiving, rpc, type ServiceHandlers } from "../../api/rpc.js";
import type { IvrFlowService } from "../../gen/proto/moego/callcenter/v1/ivr_flow_service_pb.js";
import { flowQuery, flowRun, flowToCheck, flowUpdate, newFlow } from "./ivr-flow.input.js";
import { toProtoFlow, toProtoProblem, toProtoRun } from "./ivr-flow.output.js";
import type { IvrFlows } from "./ivr-flow.service.js";

/** Handlers of `moego.callcenter.v1.IvrFlowService`. */
export function createIvrFlowHandlers(flows: IvrFlows, pageTokens: PageTokens): ServiceHandlers<typeof IvrFlowService> {
  const { archive, restore } = archiving(flows, (flow) => ({ ivrFlow: toProtoFlow(flow) }));
  return {
    createIvrFlow: rpc(newFlow, async (flow, { principal, write }) => {
      return { ivrFlow: toProtoFlow(await flows.create(flow, principal, write)) };
    }),

    getIvrFlow: rpc(companyResourceSchema, async (target, { principal, signal }) => {
      return { ivrFlow: toProtoFlow(await flows.get(target, principal, signal)) };
    }),

    listIvrFlows: paged(pageTokens, flowQuery, {
      find: (query, page, { principal, signal }) => flows.list({ ...query, page }, principal, signal),
      order: nameCursorOf,
      respond: (rows, nextPageToken) => ({ ivrFlows: rows.map(toProtoFlow), nextPageToken }),
    }),

    updateIvrFlow: rpc(flowUpdate, async (update, { principal, write }) => {
      return { ivrFlow: toProtoFlow(await flows.update(update, principal, write)) };
    }),

    archiveIvrFlow: archive,
    restoreIvrFlow: restore,

    validateFlow: rpc(flowToCheck, async (flow, { principal, signal }) => {
      const problems = await flows.check(flow, principal, signal);
      return { valid: problems.every(({ severity }) => severity !== "ERROR"), problems: problems.map(toProtoProblem) };
    }),

    runFlow: rpc(flowRun, async ({ format, ...call }, { principal, write, deadlineMs }) => {
      return toProtoRun(
        await flows.run({ ...call, needsKeys: format !== "PLAIN", deadlineMs }, principal, write),
        format,
      );
    }),
  };
}
