import { z } from "zod";
import { companyResourceSchema, fieldRule, id, omitUndefined, optionalId, text } from "../../api/fields.js";
import { newResourceFields } from "../../api/import-fields.js";
import { pagination } from "../../api/page-token.js";
import { customIssue } from "../../api/parse.js";
import { nameRule, noteRule } from "../../core/text.js";
import { answerFormat } from "../callers/caller.output.js";
import { definition } from "./ivr-flow.input.js";

const name = text(nameRule);
const description = text({ ...noteRule, min: 0 });

/** Input of CreateIvrFlow. */
export const newFlow = z
  .object({ ...newResourceFields, name, description, definition: definition.optional() })
  .transform(({ id: given, definition: flow, ...same }, context) => {
    if (flow) return { ...same, definition: flow, ...(given === undefined ? {} : { id: given }) };
    context.addIssue({ ...customIssue("REQUIRED", "Required."), path: ["definition"] });
    return z.NEVER;
  });

/** Input of UpdateIvrFlow. */
export const flowUpdate = z
  .object({
    ...companyResourceSchema.shape,
    ...{ name: name.optional(), description: description.optional(), definition: definition.optional() },
    etag: z.string(),
  })
  .transform(({ companyId, id: flowId, etag, ...change }) => ({
    ...{ companyId, id: flowId },
    ...omitUndefined(change),
    ...(etag === "" ? {} : { etag }),
  }));

export const flowQuery = z
  .object({ companyId: id, pagination, showArchived: z.boolean() })
  .transform(({ companyId, showArchived }) => ({ companyId, showArchived }));

interface FlowChoice {
  readonly id?: string;
  readonly draft?: unknown;
}

/** Input of ValidateFlow. */
export const flowToCheck = z
  .object({ companyId: id, id: optionalId, draft: definition.optional() })
  .refine(
    ...fieldRule<FlowChoice>(({ id: flowId, draft }) => !flowId || draft === undefined, {
      ...{ path: "draft", reason: "CONFLICT", message: "Must not be set together with id." },
    }),
  )
  .refine(
    ...fieldRule<FlowChoice>((choice) => choice.id !== "" || "draft" in choice, {
      ...{ path: "id", reason: "REQUIRED", message: "Required unless draft is set." },
    }),
  )
  .transform(({ companyId, id: flowId, draft }) => (draft ? { companyId, draft } : { companyId, id: flowId }));

/** Input of RunFlow. */
export const flowRun = z.object({
  ...companyResourceSchema.shape,
  inputs: z.record(z.string(), text({ min: 0, max: 1_000 })),
  format: answerFormat,
});
