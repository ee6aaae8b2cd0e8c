import { named } from "../../api/company-resource.js";
import { byName } from "../../api/page-order.js";
import type { PageTokens } from "../../api/page-token.js";
import { parse } from "../../api/parse.js";
import type { ServiceHandlers } from "../../api/rpc.js";
import { IvrFlowService } from "../../gen/proto/moego/callcenter/v1/ivr_flow_service_pb.js";
import { toProtoFlow, toProtoProblem, toProtoRun } from "./ivr-flow.output.js";
import type { IvrFlows } from "./ivr-flow.service.js";
import { flowQuery, flowRun, flowToCheck, flowUpdate, newFlow } from "./ivr-flow-call.input.js";

export interface IvrFlowHandlerDependencies {
  readonly flows: IvrFlows;
  readonly pageTokens: PageTokens;
}

const requests = IvrFlowService.method;

/** moego.callcenter.v1.IvrFlowService */
export function createIvrFlowHandlers({
  flows,
  pageTokens,
}: IvrFlowHandlerDependencies): ServiceHandlers<typeof IvrFlowService> {
  return {
    async createIvrFlow(request, { caller, write }) {
      const flow = parse(requests.createIvrFlow.input, request, newFlow);
      return { ivrFlow: toProtoFlow(await flows.create(flow, caller, write)) };
    },

    async getIvrFlow(request, { caller, signal }) {
      const target = parse(requests.getIvrFlow.input, request, named);
      return { ivrFlow: toProtoFlow(await flows.get(target, caller, signal)) };
    },

    async listIvrFlows(request, context) {
      const query = parse(requests.listIvrFlows.input, request, flowQuery);
      const page = pageTokens.open(request, context);
      const found = await flows.list({ ...query, page }, context.caller, context.signal);
      const { rows, nextPageToken } = page.close(found, byName);
      return { ivrFlows: rows.map(toProtoFlow), nextPageToken };
    },

    async updateIvrFlow(request, { caller, write }) {
      const update = parse(requests.updateIvrFlow.input, request, flowUpdate);
      return { ivrFlow: toProtoFlow(await flows.update(update, caller, write)) };
    },

    async archiveIvrFlow(request, { caller, write }) {
      const target = parse(requests.archiveIvrFlow.input, request, named);
      return { ivrFlow: toProtoFlow(await flows.setArchived(target, true, caller, write)) };
    },

    async restoreIvrFlow(request, { caller, write }) {
      const target = parse(requests.restoreIvrFlow.input, request, named);
      return { ivrFlow: toProtoFlow(await flows.setArchived(target, false, caller, write)) };
    },

    async validateFlow(request, { caller, signal }) {
      const flow = parse(requests.validateFlow.input, request, flowToCheck);
      const problems = await flows.check(flow, caller, signal);
      return { valid: problems.every(({ severity }) => severity !== "ERROR"), problems: problems.map(toProtoProblem) };
    },

    async runFlow(request, { caller, write, signal, deadlineMs }) {
      const { format, ...call } = parse(requests.runFlow.input, request, flowRun);
      // The claim keeps nothing from running twice: it goes on to the external APIs.
      const idempotencyKey = write.claim ? { idempotencyKey: write.claim.key } : {};
      return toProtoRun(await flows.run({ ...call, ...idempotencyKey, deadlineMs }, caller, signal), format);
    },
  };
}
