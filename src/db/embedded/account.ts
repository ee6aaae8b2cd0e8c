import { execFile } from "node:child_process";
import { readFile, stat } from "node:fs/promises";
import { userInfo } from "node:os";
import { dirname } from "node:path";
import { promisify } from "node:util";
import { EmbeddedPostgresError } from "./embedded-error.js";

/** The system user that runs PostgreSQL, if it is not the user of this process. */
export interface Account {
  readonly uid: number;
  readonly gid: number;
}

const ourAccountName = "moego-postgres";

/**
 * Finds the user that runs PostgreSQL. Undefined means the user of this process. PostgreSQL refuses to run as root, so
 * root uses `postgres` or a system user created for this purpose.
 *
 * @throws EmbeddedPostgresError with instructions if there is no such user
 */
export async function serverAccount(): Promise<Account | undefined> {
  const uid = process.getuid?.();
  if (uid === undefined) return undefined;
  if (uid !== 0) {
    assertPasswdEntry(uid);
    return undefined;
  }
  return (await accountNamed("postgres")) ?? (await accountNamed(ourAccountName)) ?? (await makeAccount());
}

/** The first directory on `path` (including itself) that the account cannot enter, or undefined. */
export async function findInaccessibleDirectory(path: string, account: Account): Promise<string | undefined> {
  const closed: string[] = [];
  for (let folder = path; ; folder = dirname(folder)) {
    const { mode, uid, gid } = await stat(folder);
    const mask = uid === account.uid ? 0o100 : gid === account.gid ? 0o010 : 0o001;
    if ((mode & mask) === 0) closed.push(folder);
    if (dirname(folder) === folder) return closed.at(-1);
  }
}

function assertPasswdEntry(uid: number): void {
  try {
    userInfo();
  } catch (cause) {
    throw new EmbeddedPostgresError(
      `User id ${uid} has no entry in /etc/passwd, which PostgreSQL's initdb requires. ` +
        "Run as another user, or set DATABASE_URL.",
      { cause },
    );
  }
}

async function accountNamed(name: string): Promise<Account | undefined> {
  const passwd = await readFile("/etc/passwd", "utf8").catch(() => "");
  for (const line of passwd.split("\n")) {
    const [user, , uid, gid] = line.split(":");
    if (user === name && uid && gid) return { uid: Number(uid), gid: Number(gid) };
  }
  return undefined;
}

async function makeAccount(): Promise<Account> {
  const run = promisify(execFile);
  try {
    await run("useradd", ["--system", "--user-group", "--no-create-home", "--shell", "/bin/false", ourAccountName]);
  } catch (cause) {
    // A concurrent start may have created it.
    const made = await accountNamed(ourAccountName);
    if (made) return made;
    throw new EmbeddedPostgresError(
      "PostgreSQL cannot run as root, and no `postgres` user exists or could be created. " +
        "Run as another user, create a system user named `postgres`, or set DATABASE_URL.",
      { cause },
    );
  }
  const account = await accountNamed(ourAccountName);
  if (account) return account;
  throw new EmbeddedPostgresError(
    `User ${ourAccountName} was created but is missing from /etc/passwd. Set DATABASE_URL.`,
  );
}
