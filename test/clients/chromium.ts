import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { createViteServer } from "vitest/node";
import type { Prepared } from "./steps.js";

export interface BrowserRun {
  /** Of the page. */
  readonly origin: string;
  /** The outcomes as JSON, of the libraries in their order. */
  run(prepared: readonly Prepared[]): Promise<string>;
  stop(): Promise<void>;
}

/** Serves browser.ts to a headless Chromium, from an origin that is not that of the API. */
export async function startBrowserRun(): Promise<BrowserRun> {
  let prepared: readonly Prepared[] = [];
  let receive = (_outcomes: string) => {};
  const received = new Promise<string>((resolve) => {
    receive = resolve;
  });
  const pages = await createViteServer({
    configFile: false,
    logLevel: "error",
    appType: "custom",
    // The packages are modules that a browser can load, so they need no bundle.
    optimizeDeps: { noDiscovery: true, include: [] },
    server: { host: "127.0.0.1", port: 0, hmr: false, watch: null },
    plugins: [
      {
        name: "outcomes",
        configureServer(server) {
          server.middlewares.use("/outcomes", async (request, response) => {
            receive(await text(request));
            response.end();
          });
          server.middlewares.use("/prepared", (_request, response) => {
            response.end(JSON.stringify(prepared));
          });
          server.middlewares.use("/page", (_request, response) => {
            response.setHeader("content-type", "text/html");
            response.end('<script type="module" src="/test/clients/browser.ts"></script>');
          });
        },
      },
    ],
  });
  await pages.listen();
  const address = pages.httpServer?.address();
  if (typeof address !== "object" || address === null) throw new Error("The pages are not served.");
  const origin = `http://127.0.0.1:${address.port}`;
  return {
    origin,
    async run(forLibraries) {
      prepared = forLibraries;
      const profile = await mkdtemp(join(tmpdir(), "chromium-"));
      const flags = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run"];
      const browser = spawn("chromium", [...flags, `--user-data-dir=${profile}`, `${origin}/page`], {
        stdio: ["ignore", "ignore", "pipe"],
      });
      const log = text(browser.stderr);
      const ended = once(browser, "exit").then(async () => Promise.reject(new Error(await log)));
      ended.catch(() => {});
      const late = new Promise<never>((_resolve, reject) =>
        setTimeout(() => reject(new Error("The page did not answer.")), 180_000).unref(),
      );
      try {
        return await Promise.race([received, ended, late]);
      } finally {
        browser.kill();
        await rm(profile, { recursive: true, force: true, maxRetries: 5 });
      }
    },
    stop: () => pages.close(),
  };
}
