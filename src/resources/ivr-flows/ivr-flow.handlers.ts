import { companyResourceSchema } from "../../api/company-resource.js";
import { nameCursorOf } from "../../api/page-order.js";
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
    async createIvrFlow(request, { principal, write }) {
      const flow = parse(requests.createIvrFlow.input, request, newFlow);
      return { ivrFlow: toProtoFlow(await flows.create(flow, principal, write)) };
    },

    async getIvrFlow(request, { principal, signal }) {
      const target = parse(requests.getIvrFlow.input, request, companyResourceSchema);
      return { ivrFlow: toProtoFlow(await flows.get(target, principal, signal)) };
    },

    async listIvrFlows(request, context) {
      const query = parse(requests.listIvrFlows.input, request, flowQuery);
      const page = pageTokens.open(request, context);
      const found = await flows.list({ ...query, page }, context.principal, context.signal);
      const { rows, nextPageToken } = page.close(found, nameCursorOf);
      return { ivrFlows: rows.map(toProtoFlow), nextPageToken };
    },

    async updateIvrFlow(request, { principal, write }) {
      const update = parse(requests.updateIvrFlow.input, request, flowUpdate);
      return { ivrFlow: toProtoFlow(await flows.update(update, principal, write)) };
    },

    async archiveIvrFlow(request, { principal, write }) {
      const target = parse(requests.archiveIvrFlow.input, request, companyResourceSchema);
      return { ivrFlow: toProtoFlow(await flows.setArchived(target, true, principal, write)) };
    },

    async restoreIvrFlow(request, { principal, write }) {
      const target = parse(requests.restoreIvrFlow.input, request, companyResourceSchema);
      return { ivrFlow: toProtoFlow(await flows.setArchived(target, false, principal, write)) };
    },

    async validateFlow(request, { principal, signal }) {
      const flow = parse(requests.validateFlow.input, request, flowToCheck);
      const problems = await flows.check(flow, principal, signal);
      return { valid: problems.every(({ severity }) => severity !== "ERROR"), problems: problems.map(toProtoProblem) };
    },

    async runFlow(request, { principal, write, signal, deadlineMs }) {
      const { format, ...call } = parse(requests.runFlow.input, request, flowRun);
      // The claim keeps nothing from running twice: it goes on to the external APIs.
      const idempotencyKey = write.claim ? { idempotencyKey: write.claim.key } : {};
      return toProtoRun(await flows.run({ ...call, ...idempotencyKey, deadlineMs }, principal, signal), format);
    },
  };
}
