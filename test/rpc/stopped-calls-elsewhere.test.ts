import { afterAll, describe, expect, it } from "vitest";
import { ExternalApiService } from "../../src/gen/proto/moego/callcenter/v1/external_api_service_pb.js";
import { IvrFlowService } from "../../src/gen/proto/moego/callcenter/v1/ivr_flow_service_pb.js";
import { startExternalSystem } from "../support/external-system.js";
import { madeExternalApi } from "../support/new-external-api.js";
import { asking } from "../support/new-flow.js";
import { startServer } from "../support/server.js";
import { timed } from "../support/timed.js";

const system = await startExternalSystem();
afterAll(() => system[Symbol.asyncDispose]());

const { testExternalApi, invokeExternalApi } = ExternalApiService.method;
const { createIvrFlow, runFlow } = IvrFlowService.method;

describe.each(["grpc", "rest"] as const)(
  "over %s, a call that waits for another system when the server stops",
  (transport) => {
    it.each([
      ["with a key", { "idempotency-key": "once" }],
      ["without a key", {}],
    ])("%s, is not told to be sent again", timed, async (_with, headers) => {
      const server = await startServer({
        environment: { EXTERNAL_API_ALLOW: system.hostPort, DRAIN_TIMEOUT_MS: "100" },
      });
      try {
        const api = await madeExternalApi(server, { url: `${system.origin}/slow`, timeoutMs: 10_000 });
        const definition = asking(api.id, { timeoutMs: 20_000 });
        const { ivrFlow } = await server.ok(createIvrFlow, { companyId: api.companyId, name: "Asks", definition });
        const before = system.requests.length;
        const flow = { companyId: api.companyId, id: ivrFlow?.id ?? "", inputs: { tel: "+12125550101" } };
        const calls = [
          server.refused(testExternalApi, api, { transport, headers }),
          server.refused(invokeExternalApi, api, { transport, headers }),
          server.refused(runFlow, flow, { transport, headers }),
        ];
        await expect.poll(() => system.requests.length - before).toBe(calls.length);
        await server.app.stop();
        for (const refusal of await Promise.all(calls)) {
          expect(refusal).toMatchObject({ code: "UNAVAILABLE", reason: "OUTCOME_UNKNOWN" });
          expect(refusal.retryDelayMs).toBeUndefined();
        }
      } finally {
        await server.stop();
      }
    });
  },
);
