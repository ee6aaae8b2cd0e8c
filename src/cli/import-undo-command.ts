import { requireUndoable } from "../import/run/import-file.js";
import { undoImport as undo } from "../import/run/undo-import.js";
import { type Command, counted, outJson, toColumns } from "./command.js";
import type * as declared from "./declarations/imports.js";
import { withImport } from "./import-session.js";

/** `moego import list`: the newest imports of a company. */
export const listImports: Command<typeof declared.listImports> = async ({ company: companyId, json }, context) => {
  const jobs = await withImport(context, { companyId, rpc: "moego import list", isDryRun: true }, ({ jobs, write }) =>
    jobs.list(companyId, write.signal),
  );
  if (json)
    return outJson(
      context.terminal,
      jobs.map(({ id, name, kind, state, startedTime, created, updated, skipped, failed }) => ({
        ...{ id, companyId, name, kind, state, startedTime, created, updated, skipped, failed },
      })),
    );
  const heading = ["ID", "NAME", "KIND", "STATE", "STARTED", "CREATED", "UPDATED", "SKIPPED", "FAILED"];
  const rows = jobs.map(({ id, name, kind, state, startedTime, created, updated, skipped, failed }) => [
    ...[id, name, kind, state.toLowerCase(), startedTime.toISOString()],
    ...[created, updated, skipped, failed].map(String),
  ]);
  for (const line of toColumns([heading, ...rows])) context.terminal.out(line);
};

/** `moego import undo JOB`: erases what the import created, unless it has changed since. */
export const undoImport: Command<typeof declared.undoImport> = async (values, context) => {
  const { JOB: jobId, company: companyId } = values;
  const { erased, deleted, restored, left, named, completed, refused } = await withImport(
    context,
    { companyId, rpc: "moego import undo", isDryRun: false },
    async ({ jobs, calls, write }) => {
      const job = requireUndoable(await jobs.get({ companyId, jobId }, write.signal));
      return undo({ job, jobs, calls, write });
    },
  );
  if (values.json)
    return outJson(context.terminal, { importId: jobId, erased, deleted, restored, left, named, completed, refused });
  const { out } = context.terminal;
  out(`Erased ${counted(erased, "record")} of import ${jobId}.`);
  if (deleted > 0) out(`Deleted ${counted(deleted, "package")}. Their ledgers remain.`);
  if (restored > 0) out(`Gave ${counted(restored, "record")} the values of before.`);
  if (left > 0) out(`Left ${counted(left, "record")}, because they have changed since.`);
  for (const { kind, recordId } of named) out(`  ${kind} ${recordId}`);
  if (left > named.length) out(`  ... and ${left - named.length} more.`);
  if (completed > 0)
    out(`Left a value that was missing before in ${counted(completed, "record")}, because it is required.`);
  if (refused > 0) out(`Left ${counted(refused, "record")}, because the server refuses the former values.`);
  out("Tags and other settings stay, also those that the import created.");
};
