import { isTemplate, variablesOf } from "../../core/template.js";
import type { FlowNode } from "./ivr-flow.model.js";
import type { AvailableVariables } from "./ivr-flow-graph.service.js";
import { type FlowProblem, fault, variableFault } from "./ivr-flow-problem.service.js";

/** Invalid templates, and variables that are not available where they are read. */
export function textProblems(node: FlowNode, known: AvailableVariables | undefined): FlowProblem[] {
  const set = new Set<string>();
  return textsOf(node).flatMap(({ field, template, variables, sets }) => {
    const problems = [
      ...(template === undefined || isTemplate(template) ? [] : [fault("INVALID_TEMPLATE", field)]),
      // Unreachable nodes have no available variables. They are reported separately.
      ...(known ? unknown(variables, { known, set, field }) : []),
    ];
    if (sets !== undefined) set.add(sets);
    return problems;
  });
}

interface Read {
  readonly known: AvailableVariables;
  /** Variables that the node itself has set before. */
  readonly set: ReadonlySet<string>;
  readonly field: string;
}

function unknown(variables: readonly string[], { known, set, field }: Read): FlowProblem[] {
  const asked = variables.filter((name) => !set.has(name));
  const missing = asked.find((name) => !known.possible.has(name));
  if (missing !== undefined) return [variableFault("UNKNOWN_VARIABLE", { field, variable: missing })];
  const uncertain = asked.find((name) => !known.certain.has(name));
  return uncertain === undefined ? [] : [variableFault("UNCERTAIN_VARIABLE", { field, variable: uncertain })];
}

interface Text {
  readonly field: string;
  readonly template?: string;
  readonly variables: readonly string[];
  /** The variable that is set after the text is read. */
  readonly sets?: string;
}

/** The texts of a node that read variables, in the order in which a run reads them. */
function textsOf(node: FlowNode): Text[] {
  switch (node.kind) {
    case "customer_query":
      return [
        text("customer_query.id", node.query.id),
        text("customer_query.tel", node.query.tel),
        text("customer_query.email", node.query.email),
        text("customer_query.third_account_id", node.query.thirdAccountId),
      ];
    case "external_api":
      return Object.entries(node.params).map(([name, value]) => text(paramField(name), value));
    case "set":
      return node.assignments.map(({ variable, value }, index) => ({
        ...text(`set.assignments[${index}].value`, value),
        sets: variable,
      }));
    case "branch":
      return node.cases.flatMap(({ variable, value }, index) => [
        { field: `branch.cases[${index}].variable`, variables: [variable] },
        text(`branch.cases[${index}].value`, value),
      ]);
    case "end":
      return node.outputs.map((name, index) => ({ field: `end.outputs[${index}]`, variables: [name] }));
    default:
      return node satisfies never;
  }
}

export function paramField(name: string): string {
  return `external_api.params[${JSON.stringify(name)}]`;
}

function text(field: string, template: string): Text {
  return { field, template, variables: variablesOf(template) };
}
