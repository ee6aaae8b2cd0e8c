import type { CallOptions } from "@connectrpc/connect";

/** Where a list begins, and how long its pages are. */
export interface Position {
  readonly pagination?: { readonly pageSize?: number | undefined; readonly pageToken?: string | undefined } | undefined;
}

export interface Page {
  readonly nextPageToken: string;
}

/** An entry of the list in an answer. */
export type EntryOf<Answer> = ListsOf<Answer>[keyof ListsOf<Answer>];

/** Without what the runtime of protobuf adds, such as unknown fields. */
type ListsOf<Answer> = {
  [Field in keyof Answer as Field extends `$${string}` ? never : Field]: Answer[Field] extends readonly (infer Entry)[]
    ? Entry
    : never;
};

export type List<Request, Answer> = (request: Request, options?: CallOptions) => Promise<Answer>;

/** Every page of a list. */
export async function* pages<Request extends Position, Answer extends Page>(
  list: List<Request, Answer>,
  request: NoInfer<Request>,
  options?: CallOptions,
): AsyncGenerator<Answer> {
  let pageToken = request.pagination?.pageToken ?? "";
  do {
    const pageSize = request.pagination?.pageSize ?? maxPageSize;
    const page = await list({ ...request, pagination: { pageSize, pageToken } }, options);
    yield page;
    pageToken = page.nextPageToken;
  } while (pageToken !== "");
}

const maxPageSize = 500;

/** Every entry of a list: `for await (const customer of entries(moego.customers.listCustomers, { companyId }))`. */
export async function* entries<Request extends Position, Answer extends Page>(
  list: List<Request, Answer>,
  request: NoInfer<Request>,
  options?: CallOptions,
): AsyncGenerator<EntryOf<Answer>> {
  for await (const page of pages(list, request, options)) yield* entriesOf<EntryOf<Answer>>(page);
}

/** The entries of one page: the only list of its answer. */
export function entriesOf<Entry>(page: Page): readonly Entry[] {
  return Object.values(page).find(isList<Entry>) ?? [];
}

function isList<Entry>(value: unknown): value is readonly Entry[] {
  return Array.isArray(value);
}
