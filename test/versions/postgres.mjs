import { chownSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

/**
 * Starts PostgreSQL from the packages beside a build, with the locale of the C library, as distributions have it before
 * version 17.
 *
 * @param folder has the build in `dist`, and the packages in `node_modules`
 * @param data the directory of the cluster, which does not exist yet
 * @returns the URL of a superuser, and what stops the server
 */
export async function startPostgres(folder, data = join(folder, "data"), settings = []) {
  const load = (file) => import(pathToFileURL(join(folder, "dist/db/embedded", file)).href);
  const [{ serverAccount }, { prepareBinaries }] = await Promise.all([load("account.js"), load("binaries.js")]);
  const account = await serverAccount();
  const passwordFile = join(folder, "password");
  writeFileSync(passwordFile, "password", { mode: 0o600 });
  if (account) for (const path of [folder, passwordFile]) chownSync(path, account.uid, account.gid);
  const { run } = await prepareBinaries(folder, account);
  await run("initdb", [
    ...["--pgdata", data, "--username", "superuser", "--pwfile", passwordFile, "--auth", "scram-sha-256"],
    ...["--encoding", "UTF8", "--locale", "C.UTF-8"],
  ]);
  rmSync(passwordFile);
  const sockets = join(folder, "sockets");
  mkdirSync(sockets, { recursive: true });
  if (account) chownSync(sockets, account.uid, account.gid);
  const port = await freePort();
  const all = ["max_connections=200", "timezone=UTC", ...settings].map((setting) => `-c ${setting}`).join(" ");
  await run("pg_ctl", [
    ...["start", "--wait", "--silent", "--pgdata", data, "--log", join(folder, "server.log")],
    ...["--options", `-h 127.0.0.1 -p ${port} -k ${sockets} ${all}`],
  ]);
  return {
    url: `postgresql://superuser:password@127.0.0.1:${port}/postgres`,
    stop: () => run("pg_ctl", ["stop", "--mode", "fast", "--silent", "--pgdata", data]),
  };
}

async function freePort() {
  const probe = createServer();
  await new Promise((listening) => probe.listen(0, "127.0.0.1", listening));
  const { port } = probe.address();
  await new Promise((closed) => probe.close(closed));
  return port;
}
