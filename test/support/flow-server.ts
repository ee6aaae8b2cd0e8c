import type { MessageInitShape } from "@bufbuild/protobuf";
import type { Row } from "../../src/demo/demo-directory.js";
import type { FlowDefinitionSchema } from "../../src/gen/proto/moego/callcenter/v1/ivr_flow_pb.js";
import {
  IvrFlowService,
  type RunFlowResponse,
  type RunFlowResponse_Outcome,
} from "../../src/gen/proto/moego/callcenter/v1/ivr_flow_service_pb.js";
import { externalApiRow } from "./external-api-rows.js";
import { type ExternalSystem, startExternalSystem } from "./external-system.js";
import { type CallOptions, startServer, type TestServer } from "./server.js";

const rpc = IvrFlowService.method;
const companyId = "cmp_a";
let made = 0;

export interface FlowServer {
  readonly server: TestServer;
  readonly system: ExternalSystem;
  /** Stores an external API that calls a mood of the system; gives its id. */
  api(mood: string, more?: Row): Promise<string>;
  /** Stores a flow; gives its id. */
  flow(definition: MessageInitShape<typeof FlowDefinitionSchema>): Promise<string>;
  /** Stores a flow and runs it. */
  run(
    definition: MessageInitShape<typeof FlowDefinitionSchema>,
    inputs?: Readonly<Record<string, string>>,
    options?: CallOptions,
  ): Promise<RunFlowResponse>;
  stop(): Promise<void>;
}

/** The service beside a system of others that it may call. */
export async function startFlowServer(): Promise<FlowServer> {
  const system = await startExternalSystem();
  const server = await startServer({ environment: { EXTERNAL_API_ALLOW: system.hostPort } });
  const flow: FlowServer["flow"] = async (definition) => {
    const { ivrFlow } = await server.ok(rpc.createIvrFlow, { companyId, name: "Test", definition });
    return ivrFlow?.id ?? "";
  };
  return {
    server,
    system,
    async api(mood, more = {}) {
      made += 1;
      const id = `xapi_mood_${made}`;
      await server.insert([
        ["external_api", [externalApiRow(companyId, id, { url: `${system.origin}/${mood}`, ...more })]],
      ]);
      return id;
    },
    flow,
    async run(definition, inputs = { tel: "+12125550101" }, options = {}) {
      return server.ok(rpc.runFlow, { companyId, id: await flow(definition), inputs: { ...inputs } }, options);
    },
    async stop() {
      await server.stop();
      await system[Symbol.asyncDispose]();
    },
  };
}

/** The nodes of a run and how each ended. */
export function pathOf({
  path,
}: RunFlowResponse): readonly (readonly [node: string, branch: number, reason: string])[] {
  return path.map(({ nodeId, branch, reason }) => [nodeId, branch, reason]);
}

export function ended(run: RunFlowResponse): { readonly exit: string; readonly outcome: RunFlowResponse_Outcome } {
  return { exit: run.exit, outcome: run.outcome };
}
