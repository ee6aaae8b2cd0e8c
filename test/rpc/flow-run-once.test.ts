import { afterAll, describe, expect, it } from "vitest";
import { CustomerAdminService } from "../../src/gen/proto/moego/admin/v1/customer_admin_service_pb.js";
import { LeadAdminService } from "../../src/gen/proto/moego/admin/v1/lead_admin_service_pb.js";
import { IvrFlowService } from "../../src/gen/proto/moego/callcenter/v1/ivr_flow_service_pb.js";
import { columnsHolding, createCanaries } from "../support/canaries.js";
import { authorizationOf, keys } from "../support/fixture-keys.js";
import { startFlowServer } from "../support/flow-server.js";
import { knownCustomer, knownLead } from "../support/known-person.js";
import { apiNode, asking, definitionOf, endNode, queryNode, setNode } from "../support/new-flow.js";
import { invalidField } from "../support/refused-with.js";

const { server, system, api, flow, stop } = await startFlowServer();
afterAll(stop);

const { runFlow } = IvrFlowService.method;
const { owner } = server.database;
const companyId = "cmp_a";
let count = 0;

function freshKey(): string {
  count += 1;
  return `call-${count}`;
}
const unknown = { code: "UNAVAILABLE", reason: "OUTCOME_UNKNOWN", retryDelayMs: undefined };
const replayed = { "idempotency-replayed": "true" };

async function postingFlow(more: object = {}) {
  return flow(asking(await api("normal", { method: "POST", ...more })));
}

describe("a run with an idempotency key", () => {
  it("runs once, however often and over whatever the call is sent", async () => {
    const request = { companyId, id: await postingFlow(), inputs: { tel: "1" } };
    const idempotencyKey = freshKey();
    const sent = system.requests.length;
    const headers = { "idempotency-key": idempotencyKey };
    const first = await server.call(runFlow, request, { headers });
    expect(first.headers["idempotency-replayed"]).toBeUndefined();
    for (const transport of ["grpc", "connect-json", "rest"] as const) {
      const again = await server.call(runFlow, { ...request, idempotencyKey }, { transport });
      expect(again).toMatchObject({ ok: true, headers: replayed });
      if (transport !== "rest" && again.ok && first.ok) {
        expect(again.message).toEqual(first.message);
      }
    }
    expect(system.requests.length - sent).toBe(1);
  });

  it("takes the key from a query parameter or a form, the same call in either", async () => {
    const path = `${server.app.httpUrl}/v1/callcenter/companies/${companyId}/ivr_flows/${await postingFlow()}:run`;
    const sent = system.requests.length;
    const authorization = authorizationOf(keys.a);
    const form = { authorization, "content-type": "application/x-www-form-urlencoded" };
    const values = `idempotency_key=${freshKey()}&inputs.tel=1`;
    const first = await fetch(`${path}?${values}`, { headers: { authorization } });
    expect([first.status, first.headers.get("idempotency-replayed")]).toEqual([200, null]);
    const answer = await first.json();
    for (const again of [
      await fetch(`${path}?${values}&CallSid=CA1`, { headers: { authorization } }),
      await fetch(path, { method: "POST", headers: form, body: values }),
    ]) {
      expect([again.status, again.headers.get("idempotency-replayed")]).toEqual([200, "true"]);
      expect(await again.json()).toEqual(answer);
    }
    expect(system.requests.length - sent).toBe(1);
  });

  it("returns the run of the first request in any format", async () => {
    const path = `${server.app.httpUrl}/v1/callcenter/companies/${companyId}/ivr_flows/${await postingFlow()}:run`;
    const sent = system.requests.length;
    const values = `idempotency_key=${freshKey()}&inputs.tel=1`;
    const run = async (format: string) => {
      const response = await fetch(`${path}?${values}&format=${format}`, {
        headers: { authorization: authorizationOf(keys.a) },
      });
      return {
        status: response.status,
        replayed: response.headers.get("idempotency-replayed"),
        body: await response.text(),
      };
    };
    expect(await run("PLAIN")).toMatchObject({ status: 200, replayed: null });
    expect(await run("TEXT")).toEqual({ status: 200, replayed: "true", body: "exit of good" });
    const flat = await run("TWILIO");
    expect(flat).toMatchObject({ status: 200, replayed: "true" });
    expect(JSON.parse(flat.body)).toMatchObject({ exit: "exit of good", call_status: "200", truncated: "false" });
    expect(system.requests.length - sent).toBe(1);
  });

  it.each(["idempotency-key", "Idempotency-Key", "idempotencyKey", "IdempotencyKey", "IDEMPOTENCY_KEY"])(
    "takes the key from the parameter %s",
    async (name) => {
      const path = `${server.app.httpUrl}/v1/callcenter/companies/${companyId}/ivr_flows/${await postingFlow()}:run`;
      const headers = { authorization: authorizationOf(keys.a) };
      const sent = system.requests.length;
      const values = `${name}=${freshKey()}&inputs.tel=1`;
      const first = await fetch(`${path}?${values}`, { headers });
      expect([first.status, first.headers.get("moego-ignored")]).toEqual([200, null]);
      const form = { ...headers, "content-type": "application/x-www-form-urlencoded" };
      const again = await fetch(path, { method: "POST", headers: form, body: values });
      expect([again.status, again.headers.get("idempotency-replayed")]).toEqual([200, "true"]);
      expect(system.requests.length - sent).toBe(1);
    },
  );

  it("has no key if it is empty, in the header as in the parameter", async () => {
    const request = { companyId, id: await postingFlow(), inputs: { tel: "1" } };
    const sent = system.requests.length;
    for (const headers of [{}, { "idempotency-key": "" }, { "idempotency-key": "" }]) {
      const answer = await server.call(runFlow, { ...request, idempotencyKey: "" }, { headers });
      expect(answer).toMatchObject({ ok: true });
      expect(answer.headers["idempotency-replayed"]).toBeUndefined();
    }
    expect(system.requests.length - sent).toBe(3);
  });

  it("makes concurrent duplicates wait for the first, also when its client has gone", async () => {
    const request = { companyId, id: await postingFlow({ url: `${system.origin}/late` }), inputs: { tel: "1" } };
    const headers = { "idempotency-key": freshKey() };
    const sent = system.requests.length;
    const hurried = server.call(runFlow, request, {
      headers: { ...headers, "grpc-timeout": "300m" },
      transport: "grpc",
    });
    await expect.poll(() => system.requests.length - sent).toBe(1);
    const answers = await Promise.all(Array.from({ length: 8 }, () => server.call(runFlow, request, { headers })));
    await hurried;
    for (const answer of answers) expect(answer).toMatchObject({ ok: true, headers: replayed });
    expect(
      new Set(answers.map((answer) => JSON.stringify(answer.ok && answer.message.path.map((step) => step.reason))))
        .size,
    ).toBe(1);
    expect(system.requests.length - sent).toBe(1);
  });

  it("is refused for another request, and for two keys that differ", async () => {
    const request = { companyId, id: await postingFlow(), inputs: { tel: "1" } };
    const headers = { "idempotency-key": freshKey() };
    await server.ok(runFlow, request, { headers });
    expect(await server.refused(runFlow, { ...request, inputs: { tel: "2" } }, { headers })).toMatchObject({
      ...{ code: "INVALID_ARGUMENT", reason: "IDEMPOTENCY_KEY_REUSED" },
    });
    expect(await server.refused(runFlow, { ...request, idempotencyKey: "other" }, { headers })).toMatchObject(
      invalidField("idempotency_key", "CONFLICT"),
    );
    expect(await server.refused(runFlow, { ...request, idempotencyKey: "a b" })).toMatchObject(
      invalidField("idempotency_key", "INVALID_FORMAT"),
    );
    const otherKey = await server.call(runFlow, { ...request, inputs: { tel: "2" } }, { headers, key: keys.aOther });
    expect(otherKey).toMatchObject({ ok: true });
    expect(otherKey.headers["idempotency-replayed"]).toBeUndefined();
  });

  it("leaves the key free if it fails before an external API is called", async () => {
    const id = await postingFlow();
    const headers = { "idempotency-key": freshKey() };
    const archive = (time: string | null) =>
      owner.query("UPDATE ivr_flow SET archived_time = $1 WHERE id = $2", [time, id]);
    await archive("2026-01-01");
    expect(await server.refused(runFlow, { companyId, id }, { headers })).toMatchObject({
      reason: "RESOURCE_ARCHIVED",
    });
    await archive(null);
    const answer = await server.call(runFlow, { companyId, id }, { headers });
    expect(answer).toMatchObject({ ok: true });
    expect(answer.headers["idempotency-replayed"]).toBeUndefined();
    await archive("2026-01-01");
    expect(await server.call(runFlow, { companyId, id }, { headers })).toMatchObject({ ok: true, headers: replayed });
  });

  it("never runs again if its process died: the lease of its record is over, and nothing is stored", async () => {
    const request = { companyId, id: await postingFlow() };
    const key = freshKey();
    const headers = { "idempotency-key": key };
    await server.ok(runFlow, request, { headers });
    const asBefore = (lease: string) =>
      owner.query(
        "UPDATE flow_run SET ended_time = NULL, response = NULL, lease_time = now() + $2::interval WHERE key = $1",
        [key, lease],
      );
    await asBefore("400 milliseconds");
    const sent = system.requests.length;
    const begun = performance.now();
    expect(await server.refused(runFlow, request, { headers })).toMatchObject(unknown);
    expect(performance.now() - begun).toBeGreaterThan(200);
    expect(await server.refused(runFlow, request, { headers })).toMatchObject(unknown);
    expect(system.requests.length).toBe(sent);
  });

  it("stores at most 64 KiB: a larger response is returned once, and the flow not run again", async () => {
    const grow = definitionOf([
      apiNode("call", { externalApiId: await api("normal"), onSuccess: "a", onFailure: "a", onTimeout: "a" }),
      setNode("a", "x", "{{tel}}{{tel}}{{tel}}{{tel}}{{tel}}{{tel}}{{tel}}{{tel}}", "b"),
      setNode("b", "y", "{{x}}{{x}}{{x}}{{x}}{{x}}{{x}}{{x}}{{x}}", "done"),
      endNode("done", ["x", "y"]),
    ]);
    const request = { companyId, id: await flow(grow), inputs: { tel: "x".repeat(1_000) } };
    const headers = { "idempotency-key": freshKey() };
    const sent = system.requests.length;
    const { variables } = await server.ok(runFlow, request, { headers });
    expect(variables["y"]).toHaveLength(64_000);
    expect(await server.refused(runFlow, request, { headers })).toMatchObject(unknown);
    expect(system.requests.length - sent).toBe(1);
    const { rows } = await owner.query("SELECT response FROM flow_run WHERE key = $1", [headers["idempotency-key"]]);
    expect(rows).toEqual([{ response: null }]);
  });

  it("may run again after 24 hours", async () => {
    const request = { companyId, id: await postingFlow() };
    const key = freshKey();
    const headers = { "idempotency-key": key };
    await server.ok(runFlow, request, { headers });
    const { rows } = await owner.query(
      "UPDATE flow_run SET expired_time = now() WHERE key = $1 RETURNING expired_time - now() AS was",
      [key],
    );
    expect(rows).toHaveLength(1);
    const answer = await server.call(runFlow, { ...request, inputs: { tel: "other" } }, { headers });
    expect(answer).toMatchObject({ ok: true });
    expect(answer.headers["idempotency-replayed"]).toBeUndefined();
  });
});

describe("the stored response", () => {
  const looking = definitionOf([
    queryNode("caller", { id: "{{tel}}", tel: "", next: "done", onNotFound: "done", onTimeout: "done" }),
    endNode("done"),
  ]);

  it.each(["customer", "lead"] as const)("is encrypted, and goes with the erasure of the %s", async (kind) => {
    const canaries = createCanaries();
    const { id, ids } = kind === "lead" ? await knownLead(server, canaries) : await knownCustomer(server, canaries);
    const request = { companyId, id: await flow(looking), inputs: { tel: id } };
    const headers = { "idempotency-key": freshKey() };
    const run = await server.ok(runFlow, request, { headers });
    expect(run.variables["caller.id"]).toBe(id);
    const stored = async () =>
      (await owner.query("SELECT response FROM flow_run WHERE key = $1", [headers["idempotency-key"]])).rows[0]
        .response;
    const sealed: Buffer = await stored();
    for (const canary of canaries.all) expect(sealed.includes(canary)).toBe(false);
    expect(await server.call(runFlow, request, { headers })).toMatchObject({ ok: true, headers: replayed });
    await (kind === "lead"
      ? server.ok(LeadAdminService.method.eraseLead, { companyId, id })
      : server.ok(CustomerAdminService.method.eraseCustomer, { companyId, id }));
    expect(await stored()).toBeNull();
    const refusal = await server.refused(runFlow, request, { headers });
    expect(refusal).toMatchObject({ code: "FAILED_PRECONDITION", reason: "RESOURCE_ERASED" });
    const left = await columnsHolding(owner, [...canaries.all, ...ids]);
    expect(left.filter((column) => !column.startsWith("departure."))).toEqual([]);
  });

  it("is not stored if the customer is erased while the flow runs", async () => {
    const person = await knownCustomer(server, createCanaries());
    const definition = definitionOf([
      queryNode("caller", { id: "{{tel}}", tel: "", next: "call", onNotFound: "call", onTimeout: "call" }),
      apiNode("call", {
        ...{ externalApiId: await api("normal", { url: `${system.origin}/late` }) },
        ...{ onSuccess: "done", onFailure: "done", onTimeout: "done" },
      }),
      endNode("done"),
    ]);
    const request = { companyId, id: await flow(definition), inputs: { tel: person.id } };
    const headers = { "idempotency-key": freshKey() };
    const sent = system.requests.length;
    const running = server.ok(runFlow, request, { headers });
    await expect.poll(() => system.requests.length - sent).toBe(1);
    await server.ok(CustomerAdminService.method.eraseCustomer, { companyId, id: person.id });
    await running;
    expect(await server.refused(runFlow, request, { headers })).toMatchObject({ reason: "RESOURCE_ERASED" });
    const { rows } = await owner.query("SELECT response, people FROM flow_run WHERE key = $1", [
      headers["idempotency-key"],
    ]);
    expect(rows).toEqual([{ response: null, people: [] }]);
  });
});
