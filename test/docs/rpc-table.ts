import { type DescMethod, type DescService, getOption } from "@bufbuild/protobuf";
import type { FileDescriptorSet } from "@bufbuild/protobuf/wkt";
import { http } from "../../src/gen/proto/google/api/annotations_pb.js";
import { scope } from "../../src/gen/proto/moego/option/v1/option_pb.js";

/** One error that the comment of an rpc names. */
interface NamedError {
  readonly code: string;
  readonly reason: string;
}

/** Numbers of `service` in a file and `method` in a service, of which the paths of source locations are made. */
const serviceField = 6;
const methodField = 2;

/**
 * A page of Markdown with every rpc of the services: route, scope and the errors of its own that its comment names.
 *
 * @param image the contract with its comments, as `buf build` writes it
 */
export function rpcTable(services: readonly DescService[], image: FileDescriptorSet): string {
  const sections = services.map((service) => {
    const rows = service.methods.map((method) => row(method, image));
    return [
      `## ${service.typeName}`,
      "",
      "| Rpc | Route | Scope | Errors of its own |",
      "|---|---|---|---|",
      ...rows,
      "",
    ];
  });
  return [...head, ...sections.flat()].join("\n");
}

const head = [
  "# Rpcs",
  "",
  "Written by `npm run docs` from the contract in `proto/`. Beside the errors of its own an rpc can answer those that its",
  "service names: keys, permissions, malformed requests, rates, overload, deadlines.",
  "",
];

function row(method: DescMethod, image: FileDescriptorSet): string {
  const errors = namedErrors(commentOf(method, image)).map(({ code, reason }) => `${code} ${reason}`);
  return `| ${method.name} | \`${routeOf(method)}\` | ${getOption(method, scope)} | ${errors.join("<br>") || "-"} |`;
}

function routeOf(method: DescMethod): string {
  const { pattern } = getOption(method, http);
  return `${pattern.case?.toUpperCase()} ${typeof pattern.value === "string" ? pattern.value : ""}`;
}

function commentOf(method: DescMethod, image: FileDescriptorSet): string {
  const file = image.file.find(({ name }) => name === `${method.parent.file.name}.proto`);
  const path = [
    serviceField,
    method.parent.file.services.indexOf(method.parent),
    methodField,
    method.parent.methods.indexOf(method),
  ].join();
  const location = file?.sourceCodeInfo?.location.find((candidate) => candidate.path.join() === path);
  return location?.leadingComments ?? "";
}

/** The list under "Errors:", whose items begin with a code and its reasons: `- NOT_FOUND, RESOURCE_NOT_FOUND: ...`. */
function namedErrors(comment: string): NamedError[] {
  const [, list = ""] = comment.split(/^ ?Errors:$/m);
  return [...list.matchAll(/^ ?- ([A-Z_]+), ([A-Z_, or]+?):/gm)].flatMap(([, code = "", reasons = ""]) =>
    [...reasons.matchAll(/[A-Z][A-Z_]+/g)].map(([reason]) => ({ code, reason })),
  );
}
