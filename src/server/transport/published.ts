import { DomainError } from "../../core/errors.js";
import { type PublishedRpc, publishedRpcs, publishedRpcsPage } from "../../published-rpcs.js";
import { compileTemplate, type PathTemplate } from "./path-template.js";

const byName = new Map(publishedRpcs.map((published) => [published.rpc, published]));

interface PublishedRoute {
  readonly rpc: string;
  readonly verb: string;
  readonly template: PathTemplate;
}

const routes: readonly PublishedRoute[] = publishedRpcs.flatMap(({ rpc, routes: texts }) =>
  texts.flatMap((text) => {
    const [verb = "", path = ""] = text.split(" ");
    const template = compileTemplate(path);
    return template ? [{ rpc, verb, template }] : [];
  }),
);

/** The error for an rpc that the hosted API has and this server does not; undefined for any other name. */
export function publishedRpcError(rpc: string): DomainError | undefined {
  return byName.has(rpc) ? notImplemented(rpc) : undefined;
}

/** The error for a REST request that the hosted API would serve, or whose path it has; undefined for any other path. */
export function publishedRouteError({
  method,
  path,
}: {
  readonly method: string;
  readonly path: string;
}): DomainError | undefined {
  const matches = routes.filter(({ template }) => template.pattern.test(path));
  const best = matches.map(({ template }) => template.rank).sort()[0];
  const fitting = matches.filter(({ template }) => template.rank === best);
  const match = fitting.find(({ verb }) => verb === method || (verb === "GET" && method === "HEAD"));
  if (match) return notImplemented(match.rpc);
  if (fitting.length === 0) return undefined;
  const allow = fitting.map(({ verb }) => verb).join(", ");
  return new DomainError("METHOD_NOT_ALLOWED", `Method not allowed. Allowed: ${allow}.`, {
    metadata: { method, path, allow },
  });
}

function notImplemented(rpc: PublishedRpc["rpc"]): DomainError {
  return new DomainError(
    "METHOD_NOT_IMPLEMENTED",
    `${rpc} of the hosted API is not implemented by this server. See ${publishedRpcsPage}.`,
    { metadata: { rpc, documentation: publishedRpcsPage } },
  );
}
