import { expect, it } from "vitest";
import { publishedRpcs, publishedRpcsPage } from "../../src/published-rpcs.js";

it("docs/not-implemented.md contains every RPC of the table (npm run docs writes it)", async () => {
  const rows = publishedRpcs.map(
    ({ rpc, routes, servedAt = routes.map((route) => `\`${route}\``).join("<br>") }) =>
      `| ${rpc.replace("moego.business.", "")} | ${servedAt} |`,
  );
  const page = [
    "# RPCs that are not implemented",
    "",
    "<!-- Written by npm run docs from src/published-rpcs.ts. -->",
    "",
    "The hosted API publishes these RPCs; this server does not implement them. Each answers METHOD_NOT_IMPLEMENTED: HTTP",
    "status 501, gRPC code UNIMPLEMENTED. `ErrorInfo.metadata` contains `rpc`, the name of the RPC, and `documentation`, this",
    "page. RPC names start with `moego.business.`. A route that another RPC serves answers in REST; only the RPC is then",
    "UNIMPLEMENTED.",
    "",
    "| RPC | Route |",
    "|---|---|",
    ...rows,
    "",
  ].join("\n");
  expect(publishedRpcsPage).toBe("docs/not-implemented.md");
  await expect(page).toMatchFileSnapshot("../../docs/not-implemented.md");
});
