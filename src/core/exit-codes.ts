/**
 * Exit codes of the server and of all commands, by sysexits.h. They are part of the interface: scripts compare them, so that
 * none changes its meaning.
 */
export const exitCodes = {
  done: 0,
  incomplete: 1,
  usage: 64,
  data: 65,
  noInput: 66,
  unavailable: 69,
  internal: 70,
  cannotCreate: 73,
  temporary: 75,
  permission: 77,
  configuration: 78,
} as const;

export type ExitReason = keyof typeof exitCodes;

/** What each exit code means, for the help and the documentation. */
export const exitMeanings: Readonly<Record<ExitReason, string>> = {
  done: "Success",
  incomplete: "The command ran to its end, and reports something that is wrong: refused rows, a failed check",
  usage: "Wrong command, arguments or options",
  data: "Invalid values or files, or records that do not exist",
  noInput: "An input file does not exist or cannot be read",
  unavailable: "The database, a port or another system is not available",
  internal: "A defect of moego",
  cannotCreate: "The output already exists, or cannot be written",
  temporary: "Temporary failure, such as a database that is in use; the same command can succeed later",
  permission: "No permission",
  configuration: "Invalid configuration, or a database whose schema is out of date",
};

/** The exit code for an error of the operating system that a file caused; undefined for other errors. */
export function exitOfFile(error: unknown, otherwise: "noInput" | "cannotCreate"): ExitReason | undefined {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  if (["EACCES", "EPERM"].includes(code)) return "permission";
  return /^E[A-Z]+$/.test(code) ? otherwise : undefined;
}
