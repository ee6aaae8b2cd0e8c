import { readFile } from "node:fs/promises";
import { exitOfFile } from "../core/exit-codes.js";
import { OperatorError } from "../core/operator-error.js";
import { serviceSecrets } from "../database-server.js";
import { createGate, type Gate } from "../mirror/gate.js";
import { createMirror, type Verification } from "../mirror/mirror.js";
import { ensureCompany, type SourceCompany, sourceCompanies } from "../mirror/mirrored-company.js";
import { createReport, type MirrorReport, untold, untoldByPublished } from "../mirror/report.js";
import { openSource, type Source } from "../mirror/source.js";
import { createMirrorOf, createRepositories } from "../repositories.js";
import { type Command, type CommandContext, counted } from "./command.js";
import type { Values as ValuesOf } from "./declaration.js";
import type * as declared from "./declarations/mirror.js";
import { type Session, withDatabase } from "./session.js";
import { UsageError } from "./usage-error.js";

type Values = ValuesOf<typeof declared.mirror>;

const connections = 10;
/** Leaves connections for reads. */
const transactions = 8;

/** `moego mirror`: the companies of another system that speaks the published API, with their ids and times. */
export const mirror: Command<typeof declared.mirror> = async (values, context) => {
  const baseUrl = readUrl(values.from);
  if (values.once && values.follow) throw new UsageError("--once and --follow exclude each other.");
  const intervalMs = readSeconds(values.every) * 1_000;
  const key = await readKey(values, context);
  const stop = new AbortController();
  const onSignal = () => stop.abort();
  for (const name of ["SIGINT", "SIGTERM"] as const) process.once(name, onSignal);
  try {
    const source = openSource({ baseUrl, key, signal: stop.signal });
    const run = { source, values, intervalMs, stop, context, gate: createGate(transactions) };
    const problems = await withDatabase(context, "moego mirror", (session) => mirrorAll(session, run), connections);
    if (problems.length > 0) throw new OperatorError(problems.join("\n"), { exit: "incomplete" });
  } finally {
    for (const name of ["SIGINT", "SIGTERM"] as const) process.off(name, onSignal);
  }
};

/** The key is sent with every request, so that only this computer may be reached without TLS. */
function readUrl(given: string): string {
  const url = URL.canParse(given) ? new URL(given) : undefined;
  const isLocal = url !== undefined && ["localhost", "127.0.0.1", "[::1]"].includes(url.hostname);
  if (url?.protocol === "https:" || (url?.protocol === "http:" && isLocal)) return `${url.origin}/`;
  throw new UsageError("--from must be an https URL, such as https://openapi.moego.pet.");
}

function readSeconds(given = "10"): number {
  if (/^\d{1,5}$/.test(given) && Number(given) >= 1) return Number(given);
  throw new UsageError("--every must be a number of seconds, from 1 to 99999.");
}

/** The key is in an environment variable or a file, since other users can see the arguments of a process. */
async function readKey(values: Values, { environment }: CommandContext): Promise<string> {
  const { "key-env": name, "key-file": file } = values;
  if ((name === undefined) === (file === undefined)) throw new UsageError("Set either --key-env or --key-file.");
  const text = name === undefined ? await readKeyFile(file ?? "") : environment[name];
  const key = text?.trim() ?? "";
  if (key === "") throw new UsageError("The API key of the source is empty.");
  return key;
}

async function readKeyFile(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    throw new OperatorError("--key-file cannot be read.", { cause, exit: exitOfFile(cause, "noInput") });
  }
}

interface Run {
  readonly source: Source;
  readonly values: Values;
  readonly intervalMs: number;
  readonly stop: AbortController;
  readonly gate: Gate;
  readonly context: CommandContext;
}

/** Mirrors the companies, one after another or all at the same time. Returns what is left to be done by hand. */
async function mirrorAll(session: Session, run: Run): Promise<readonly string[]> {
  const all = await sourceCompanies(run.source);
  const { company, follow } = run.values;
  const companies = company === undefined ? all : all.filter(({ id }) => id === company);
  if (companies.length === 0) {
    const known = all.map(({ id }) => id).join(", ");
    throw new UsageError(
      known === "" ? "The key of the source reaches no company." : `--company must be one of: ${known}.`,
    );
  }
  const problems: string[] = [];
  const work = async (found: SourceCompany) => void problems.push(...(await mirrorOne(session, run, found)));
  if (!follow) for (const found of companies) await work(found);
  else {
    const results = await Promise.allSettled(
      companies.map((found) =>
        work(found).catch((error: unknown) => {
          // The others end as well, with their reports.
          run.stop.abort();
          throw error;
        }),
      ),
    );
    for (const result of results) if (result.status === "rejected") throw result.reason;
  }
  return problems;
}

async function mirrorOne(session: Session, run: Run, company: SourceCompany): Promise<readonly string[]> {
  const { source, values, intervalMs, context, gate } = run;
  const { signal } = run.stop;
  const { out, err, status } = context.terminal;
  const { id: companyId, country, isExtended } = company;
  const secrets = await serviceSecrets(context.config);
  const write = { ...session.write, companies: [companyId] };
  const limited = { database: session.database, limits: session.limits };
  const { directoryAdmin } = createRepositories(limited, secrets);
  await ensureCompany(directoryAdmin, company, write);
  const repository = createMirrorOf(limited, secrets, { companyId, write });
  const report = createReport();
  const show = showsProgress(report, { companyId, status, err, now: context.now });
  const mirrored = createMirror({
    ...{ source, repository, report, signal, intervalMs, gate },
    context: { companyId, country, isExtended, now: () => new Date(context.now()) },
    onPage: show,
    onTrouble: (text) => err(`${companyId}: ${text}`),
  });
  const problems: string[] = [];
  try {
    if (values.follow) await mirrored.follow();
    else await mirrored.once();
    if (values.verify && !signal.aborted) problems.push(...verified(await mirrored.verify(), out));
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    status?.("");
    for (const line of [`Company ${companyId}`, ...report.lines(), ...untold]) out(line);
    if (!isExtended) for (const line of untoldByPublished) out(line);
  }
  if (report.failed > 0) problems.push(`${companyId}: ${counted(report.failed, "record")} could not be stored.`);
  return problems;
}

/** Prints what a comparison found. Returns what is wrong. */
function verified({ found, counts }: Verification, out: (line: string) => void): readonly string[] {
  for (const { kind, inSource, here, more } of counts) {
    const only = more.length === 0 ? "" : `; ${more.length} only here`;
    out(`Verified ${kind}: ${inSource} in the source, ${here} of them here${only}`);
  }
  const shown = found.slice(0, 100);
  for (const { kind, id, fields } of shown) out(`Differs: ${kind} ${id}: ${fields.join(", ")}`);
  return found.length === 0
    ? []
    : [`${counted(found.length, "record")} ${found.length === 1 ? "differs" : "differ"} from the source.`];
}

interface Shown extends Pick<CommandContext["terminal"], "status" | "err">, Pick<CommandContext, "now"> {
  readonly companyId: string;
}

/** A changing line on a terminal, a line every ten seconds elsewhere. */
function showsProgress(report: MirrorReport, { companyId, status, err, now }: Shown): () => void {
  let shownAt = now();
  return () => {
    if (now() - shownAt < (status ? 250 : 10_000)) return;
    shownAt = now();
    const text = `${companyId}: ${report.progress()}`;
    if (status) status(text);
    else err(text);
  };
}
