import {
  create,
  type DescMessage,
  type DescMethodUnary,
  isMessage,
  type Message,
  type MessageInitShape,
  type MessageShape,
} from "@bufbuild/protobuf";
import type { Tables } from "../../src/demo/demo-directory.js";
import type { ModelTraits } from "../model/model-traits.js";
import type { ChangingList } from "../reliability/changing-list.js";
import type { OnceTraits } from "../reliability/write-kind.js";
import type { TestServer } from "../support/server.js";
import type { MaskTraits } from "./mask.js";
import type { Repeat } from "./repeat.js";
import type { NeighbourCall, TenancyTraits } from "./tenancy.js";
import type { Reading, WrittenTexts } from "./texts.js";
import { type GivenWalk, type Walk, walkOf } from "./walk.js";

/**
 * What the suites must know of an RPC that its descriptor does not say. Every RPC of the contract has one entry
 * (all-entries.ts), and this is the only place where an RPC is enrolled: the suites pick the entries with the trait that
 * they check.
 */
export interface RpcEntry {
  readonly method: DescMethodUnary;
  /** A request that succeeds with key `a`, as often as it is sent. */
  request(server: TestServer): Promise<Message>;
  /** Ids of company C for the fields that name what the RPC is about, by proto name. */
  readonly foreignIds: Readonly<Record<string, string>>;
  /** Of every RPC that writes and does not forward its idempotency key. */
  readonly repeat?: Repeat;
  /** Of every RPC with an update mask. */
  readonly mask?: MaskTraits;
  /** Of every RPC that writes texts. */
  readonly texts?: WrittenTexts;
  readonly tenancy?: TenancyTraits;
  /** Of the writes that the fault suite sends again after kills, lost commits and conflicts. */
  readonly once?: OnceTraits;
  /** Of the paged lists that the fault suite walks while their rows change. */
  readonly changing?: ChangingList;
  /** Of the RPCs that the model knows. */
  readonly model?: ModelTraits;
  /** Rows that the walks below need, beside those of the entries before. */
  readonly rows: Tables;
  /** One or more of every paged list. */
  readonly walks: readonly Walk[];
}

type Make<I extends DescMessage> = (server: TestServer) => Promise<MessageInitShape<I>>;

interface Given<I extends DescMessage, O extends DescMessage> {
  readonly request: MessageInitShape<I> | Make<I>;
  readonly foreignIds?: Readonly<Record<string, string>>;
  /** Requests about something made for the purpose. */
  readonly repeat?: (server: TestServer) => Promise<GivenRequests<I>>;
  /** Removes from a response what only the first one shows. */
  readonly withoutSecret?: (response: MessageShape<O>) => void;
  readonly mask?: MaskTraits;
  readonly texts?: GivenTexts<I, O>;
  readonly tenancy?: GivenTenancy<I>;
  readonly once?: OnceTraits;
  readonly changing?: ChangingList;
  readonly model?: ModelTraits;
  readonly rows?: Tables;
  readonly walks?: readonly GivenWalk<I>[];
}

interface GivenRequests<I extends DescMessage> {
  readonly good: MessageInitShape<I>;
  readonly other: MessageInitShape<I>;
  readonly bad: MessageInitShape<I>;
}

interface GivenTenancy<I extends DescMessage> extends Omit<TenancyTraits, "request" | "calls"> {
  readonly request?: MessageInitShape<I>;
  readonly calls?: readonly (Omit<NeighbourCall, "request"> & { readonly request?: MessageInitShape<I> })[];
}

interface GivenTexts<I extends DescMessage, O extends DescMessage> {
  /** The request of the entry unless given. */
  readonly request?: MessageInitShape<I> | Make<I>;
  reading(response: MessageShape<O>, sent: MessageShape<I>): Reading | readonly Reading[];
}

export function entry<I extends DescMessage, O extends DescMessage>(
  method: DescMethodUnary<I, O>,
  { request, foreignIds = {}, repeat, withoutSecret, texts, tenancy, rows = [], walks = [], ...traits }: Given<I, O>,
): RpcEntry {
  const made = (given: MessageInitShape<I> | Make<I>) => async (server: TestServer) =>
    create(method.input, typeof given === "function" ? await given(server) : given);
  const repeated: Repeat | undefined = repeat && {
    async requests(server) {
      const { good, other, bad } = await repeat(server);
      return {
        good: create(method.input, good),
        other: create(method.input, other),
        bad: create(method.input, bad),
      };
    },
    hideSecret(response) {
      if (isMessage(response, method.output)) withoutSecret?.(response);
    },
  };
  const written: WrittenTexts | undefined = texts && {
    request: made(texts.request ?? request),
    readings(response, sent) {
      if (isMessage(response, method.output) && isMessage(sent, method.input)) {
        return [texts.reading(response, sent)].flat();
      }
      throw new Error(`these are not messages of ${method.name}`);
    },
  };
  return {
    ...traits,
    method,
    request: made(request),
    foreignIds,
    ...(repeated ? { repeat: repeated } : {}),
    ...(written ? { texts: written } : {}),
    ...(tenancy ? { tenancy: tenancyOf(method, tenancy) } : {}),
    rows,
    walks: walks.map((walk) => walkOf(method, walk)),
  };
}

function tenancyOf<I extends DescMessage, O extends DescMessage>(
  { input }: DescMethodUnary<I, O>,
  { request, calls = [], ...traits }: GivenTenancy<I>,
): TenancyTraits {
  return {
    ...traits,
    ...(request ? { request: create(input, request) } : {}),
    calls: calls.map(({ request: other, ...call }) => ({
      ...call,
      ...(other ? { request: create(input, other) } : {}),
    })),
  };
}
