import { OperatorError } from "../core/operator-error.js";
import { type Command, counted, outJson } from "./command.js";
import type * as declared from "./declarations/server.js";
import type { Check } from "./doctor/check.js";
import { checkDatabase } from "./doctor/database-checks.js";
import { checkBuild, checkDisk, checkNode } from "./doctor/installation-checks.js";
import { checkPorts } from "./doctor/port-checks.js";
import { checkSecrets } from "./doctor/secret-checks.js";
import { warningLog } from "./session.js";

/** `moego doctor`: whether a server could start and work here, a line each. Changes nothing. */
export const doctor: Command<typeof declared.doctor> = async ({ json }, { config, terminal, now }) => {
  const checks: readonly Check[] = [
    ...[checkNode(new Date(now())), await checkBuild(), ...(await checkPorts(config))],
    ...[await checkSecrets(config), await checkDisk(config)],
    ...(await checkDatabase(config, warningLog(terminal.err))),
  ];
  const wrong = checks.filter(({ state }) => state === "failed");
  if (json) outJson(terminal, { ok: wrong.length === 0, checks });
  else for (const { name, state, detail } of checks) terminal.out(`${state.padEnd(9)}${name.padEnd(12)}${detail}`);
  if (wrong.length > 0) throw new OperatorError(`${counted(wrong.length, "check")} failed.`, { exit: "incomplete" });
};
