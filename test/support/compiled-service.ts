import { readFileSync } from "node:fs";
import { dirname, join, resolve, sep } from "node:path";
import type { ViteUserConfig } from "vitest/config";

const sources = resolve("src") + sep;
const compiled = resolve("dist");

/**
 * With `--mode compiled`, tests load what `npm run build` has just made of `src`, as Node.js loads it in production.
 * Without, Vite translates each module for each process, and every use of an import calls a getter.
 */
export function compiledService(mode: string): Pick<ViteUserConfig, "plugins"> {
  return mode === "compiled" ? { plugins: [{ name: "compiled-service", enforce: "pre", resolveId }] } : {};
}

/** What Node.js loads by itself: for `server.deps.external`. */
export const compiledModules = /\/dist\/.*\.js$/;

/** Whether a file replaces a module, which Vite can do with modules of its own only. */
export function isMocking(file: string): boolean {
  return readFileSync(file, "utf8").includes("vi.mock(");
}

function resolveId(name: string, importer: string | undefined): string | undefined {
  if (!importer || !name.startsWith(".") || !name.endsWith(".js")) return undefined;
  const path = resolve(dirname(importer), name);
  return path.startsWith(sources) ? join(compiled, path.slice(sources.length)).replaceAll(sep, "/") : undefined;
}
