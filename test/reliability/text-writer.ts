import {
  create,
  type DescMessage,
  type DescMethodUnary,
  type JsonObject,
  type JsonValue,
  type MessageInitShape,
  type MessageShape,
} from "@bufbuild/protobuf";
import { transports } from "../support/clients.js";
import { keys } from "../support/fixture-keys.js";
import { messageJson } from "../support/message-json.js";
import type { TestServer } from "../support/server.js";
import type { Random } from "./run.js";
import { type Written, withOddTexts } from "./text-fields.js";

export type Read = () => Promise<JsonObject>;

/** Writes odd texts over all transports and compares what is read with what was written. */
export class TextWriter {
  readonly fields = new Set<string>();
  readonly wrong: string[] = [];
  written = 0;

  constructor(
    readonly server: TestServer,
    private readonly random: Random,
  ) {}

  /** Sends a request with an odd text in every text field of its messages, and reads them back. */
  async write<I extends DescMessage, O extends DescMessage>(
    method: DescMethodUnary<I, O>,
    request: MessageInitShape<I>,
    read: (answer: MessageShape<O>) => Read,
  ): Promise<MessageShape<O>> {
    const { message, written } = withOddTexts(method.input, create(method.input, request), this.random);
    const answer = await this.send(method, message);
    const found = new Set(textsOf(await read(answer)()));
    for (const one of written) this.check(method.name, one, found);
    return answer;
  }

  /** A call that reads, over any transport. */
  read<I extends DescMessage, O extends DescMessage>(
    method: DescMethodUnary<I, O>,
    request: MessageInitShape<I>,
  ): Read {
    return async () => messageJson(method.output, await this.send(method, request));
  }

  private send<I extends DescMessage, O extends DescMessage>(
    method: DescMethodUnary<I, O>,
    request: MessageInitShape<I>,
  ): Promise<MessageShape<O>> {
    const key = /Compan(y|ies)$/.test(method.name) && method.name !== "GetCompany" ? keys.operator : keys.a;
    return this.server.ok(method, request, { transport: this.random.pick(transports), key });
  }

  private check(rpc: string, { field, text, stored }: Written, found: ReadonlySet<string>): void {
    this.written += 1;
    this.fields.add(field);
    if (!found.has(stored)) this.wrong.push(`${rpc} ${field} ${JSON.stringify(text)} ${escaped(text)}`);
  }
}

/** Every text in the JSON of an answer. */
function textsOf(value: JsonValue): string[] {
  if (typeof value === "string") return [value];
  if (typeof value !== "object" || value === null) return [];
  return Object.values(value).flatMap(textsOf);
}

function escaped(text: string): string {
  return [...text].map((one) => (one.codePointAt(0) ?? 0).toString(16)).join(" ");
}
