import { parseArgs } from "node:util";
import { requireUndoable } from "../import/run/import-file.js";
import { undoImport as undo } from "../import/run/undo-import.js";
import { assertRequiredOptions, type Command, counted, toColumns, UsageError } from "./command.js";
import { withImport } from "./import-session.js";

const one = { type: "string" } as const;

/** `moego import list`: the newest imports of a company. */
export const listImports: Command = async (words, context) => {
  const { values } = parseArgs({ args: [...words], options: { company: one } });
  assertRequiredOptions(values, ["company"]);
  const { company: companyId } = values;
  const jobs = await withImport(context, { companyId, rpc: "moego import list", isDryRun: true }, ({ jobs, write }) =>
    jobs.list(companyId, write.signal),
  );
  const heading = ["ID", "NAME", "KIND", "STATE", "STARTED", "CREATED", "UPDATED", "SKIPPED", "FAILED"];
  const rows = jobs.map(({ id, name, kind, state, startedTime, created, updated, skipped, failed }) => [
    ...[id, name, kind, state.toLowerCase(), startedTime.toISOString()],
    ...[created, updated, skipped, failed].map(String),
  ]);
  for (const line of toColumns([heading, ...rows])) context.terminal.out(line);
};

/** `moego import undo JOB`: erases what the import created, unless it has changed since. */
export const undoImport: Command = async (words, context) => {
  const { positionals, values } = parseArgs({ args: [...words], options: { company: one }, allowPositionals: true });
  const [jobId, ...more] = positionals;
  if (jobId === undefined || more.length > 0)
    throw new UsageError("Expected one import. Usage: moego import undo JOB --company ID");
  assertRequiredOptions(values, ["company"]);
  const { company: companyId } = values;
  const { erased, deleted, restored, left, named, completed, refused } = await withImport(
    context,
    { companyId, rpc: "moego import undo", isDryRun: false },
    async ({ jobs, calls, write }) => {
      const job = requireUndoable(await jobs.get({ companyId, jobId }, write.signal));
      return undo({ job, jobs, calls, write });
    },
  );
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
