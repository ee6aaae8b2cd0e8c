import { fromJson, type JsonValue } from "@bufbuild/protobuf";
import {
  type ExportCompanyResponse,
  ExportCompanyResponseSchema,
} from "../../src/gen/proto/moego/admin/v1/export_service_pb.js";
import { authorizationOf, type FixtureKey, keys } from "./fixture-keys.js";

interface Exported {
  readonly status: number;
  readonly messages: readonly ExportCompanyResponse[];
  /** The error, as a response or at the end of the stream. */
  readonly error: { readonly details?: readonly { readonly reason?: string }[] } | undefined;
  /** The file of each table. */
  readonly files: ReadonlyMap<string, string>;
}

interface ExportOptions {
  readonly companyId?: string;
  readonly key?: Pick<FixtureKey, "secret">;
  /** Leaves after so many messages. */
  readonly most?: number;
}

/** ExportCompany over REST. */
export async function exported(
  { app }: { readonly app: { readonly httpUrl: string } },
  request: object = {},
  { companyId = "cmp_a", key = keys.a, most = Number.POSITIVE_INFINITY }: ExportOptions = {},
): Promise<Exported> {
  const left = new AbortController();
  const response = await fetch(`${app.httpUrl}/v1/admin/companies/${companyId}:export`, {
    method: "POST",
    headers: { authorization: authorizationOf(key), "content-type": "application/json" },
    body: JSON.stringify(request),
    signal: left.signal,
  });
  const messages: ExportCompanyResponse[] = [];
  let error: Exported["error"];
  if (!response.ok) error = JSON.parse(await response.text());
  else {
    for await (const line of linesOf(response)) {
      const json: JsonValue & { error?: Exported["error"] } = JSON.parse(line);
      if (json.error) error = json.error;
      else messages.push(fromJson(ExportCompanyResponseSchema, json));
      if (messages.length >= most) break;
    }
    left.abort();
  }
  const files = new Map<string, string>();
  for (const { table, text } of messages) files.set(table, (files.get(table) ?? "") + text);
  return { status: response.status, messages, error, files };
}

async function* linesOf(response: Response): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of response.body ?? []) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    yield* lines;
  }
}

export function reasonOf(error: Exported["error"]): string | undefined {
  return error?.details?.find(({ reason }) => reason !== undefined)?.reason;
}
