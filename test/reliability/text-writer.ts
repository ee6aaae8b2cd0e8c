import type { DescMethodUnary, JsonValue, Message } from "@bufbuild/protobuf";
import type { RpcEntry } from "../resources/entry.js";
import type { WrittenTexts } from "../resources/texts.js";
import { ableKey } from "../support/able-key.js";
import { transports } from "../support/clients.js";
import { messageJson } from "../support/message-json.js";
import type { TestServer } from "../support/server.js";
import type { Random } from "./run.js";
import { type Written, withOddTexts } from "./text-fields.js";

/** An RPC that writes texts. */
export interface TextWrite extends Pick<RpcEntry, "method"> {
  readonly texts: WrittenTexts;
}

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
  async write({ method, texts }: TextWrite): Promise<void> {
    const { message, written } = withOddTexts(method.input, await texts.request(this.server), this.random);
    const response = await this.send(method, message);
    const found = new Set<string>();
    for (const { method: reader, request } of texts.readings(response, message)) {
      for (const text of textsOf(messageJson(reader.output, await this.send(reader, request)))) found.add(text);
    }
    for (const one of written) this.check(method.name, one, found);
  }

  private send(method: DescMethodUnary, request: Message): Promise<Message> {
    return this.server.ok(method, request, { transport: this.random.pick(transports), key: ableKey(method) });
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
