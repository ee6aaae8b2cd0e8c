/** The page at `/`: what a newcomer who follows the address of the banner sees. */
export function homePage(version: string): string {
  return page({
    title: "moego-open-backend",
    stylesheets: ["/docs/site.css"],
    body: `<main class="page">
<h1>moego-open-backend ${version}</h1>
<p>This server has customers, leads, pets and packages of pet-service businesses, over REST, gRPC, gRPC-Web and Connect.</p>
<dl>
<dt><a href="/docs">API reference</a></dt>
<dd>Every REST route with its limits, scopes, errors and an example. Requests can be sent from the page.</dd>
<dt><a href="/openapi.json">OpenAPI document</a></dt>
<dd>For code generators and API clients.</dd>
<dt><a href="/descriptor.binpb">Protobuf descriptors</a></dt>
<dd>For <code>buf</code>, <code>grpcurl</code> and <code>protoc</code>.</dd>
<dt><a href="/healthz">Health</a> and <a href="/readyz">readiness</a></dt>
<dd>For load balancers and supervisors.</dd>
</dl>
<h2>First request</h2>
<p>Every request needs an API key. With demo data, the server prints two keys on its terminal when it starts. This command
creates one, in the folder of the server:</p>
<pre tabindex="0"><code>export KEY=$(npx moego keys create --name first-requests --company cmp_001 --staff staff_001)</code></pre>
<p>It is the user name of Basic authentication, or a Bearer token.</p>
<h2>Guides</h2>
<p>They are in the folder <code>docs</code> of the repository: import, sync, packages, call center, consent, erasure, API keys,
backup and operation. <code>README.md</code> lists them.</p>
</main>`,
  });
}

/** The page at `/docs`. Swagger UI draws the reference. */
export function referencePage(): string {
  return page({
    title: "API reference - moego-open-backend",
    stylesheets: ["/docs/swagger-ui.css", "/docs/site.css"],
    scripts: ["/docs/swagger-ui-bundle.js", "/docs/docs.js"],
    body: `<nav><a href="/">moego-open-backend</a></nav>
<main id="reference"></main>
<noscript><p class="page">The reference needs JavaScript. <a href="/openapi.json">The OpenAPI document</a> has the same content.</p></noscript>`,
  });
}

interface Page {
  readonly title: string;
  readonly stylesheets: readonly string[];
  readonly scripts?: readonly string[];
  readonly body: string;
}

function page({ title, stylesheets, scripts = [], body }: Page): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<link rel="icon" href="data:,">
${stylesheets.map((path) => `<link rel="stylesheet" href="${path}">`).join("\n")}
${scripts.map((path) => `<script src="${path}" defer></script>`).join("\n")}
</head>
<body>
${body}
</body>
</html>
`;
}
