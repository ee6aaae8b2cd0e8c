import type { MessageInitShape } from "@bufbuild/protobuf";
import type { FlowDefinitionSchema, FlowNodeSchema } from "../../src/gen/proto/moego/callcenter/v1/ivr_flow_pb.js";

type Node = MessageInitShape<typeof FlowNodeSchema>;
type Definition = MessageInitShape<typeof FlowDefinitionSchema>;
type Kind<Case extends string> = Extract<
  NonNullable<Exclude<Node, { $typeName: string }>["kind"]>,
  { case: Case }
>["value"];

/** Parts of flows as requests hold them. */
export function definitionOf(nodes: readonly Node[], more: Definition = {}): Definition {
  return { inputs: [{ name: "tel" }], startNodeId: nodes[0]?.id ?? "", nodes: [...nodes], ...more };
}

export const queryNode = (id: string, value: Kind<"customerQuery">): Node => ({
  ...{ id, kind: { case: "customerQuery", value: { tel: "{{tel}}", ...value } } },
});
export const apiNode = (id: string, value: Kind<"externalApi">): Node => ({
  ...{ id, kind: { case: "externalApi", value } },
});
export const setNode = (id: string, variable: string, value: string, next: string): Node => ({
  ...{ id, kind: { case: "set", value: { assignments: [{ variable, value }], next } } },
});
export const branchNode = (id: string, value: Kind<"branch">): Node => ({ id, kind: { case: "branch", value } });
export const endNode = (id: string, outputs: string[] = []): Node => ({
  ...{ id, kind: { case: "end", value: { exit: `exit of ${id}`, outputs } } },
});

/** A flow that greets whoever calls. */
export const greeting = definitionOf([setNode("greet", "text", "Hello {{tel}}", "done"), endNode("done")]);

/** Asks one external API and ends by how that went. */
export const asking = (
  externalApiId: string,
  { params = {}, ...more }: { readonly params?: Record<string, string>; readonly timeoutMs?: number } = {},
) =>
  definitionOf(
    [
      apiNode("call", { externalApiId, onSuccess: "good", onFailure: "bad", onTimeout: "late", params }),
      endNode("good"),
      endNode("bad"),
      endNode("late"),
    ],
    more,
  );
