/** One message of PostgreSQL's protocol. */
export interface PostgresMessage {
  /** Its type byte as a character; empty for what a client says before it is let in. */
  readonly type: string;
  /** The whole message. */
  readonly bytes: Buffer;
  /** The two texts that Parse and Bind begin with, or the one of Query. */
  readonly strings: () => readonly string[];
}

const lengthSize = 4;
const headerSize = 1 + lengthSize;
/** Protocol 3.0, in the message that opens a session (PostgreSQL, "Message Formats", StartupMessage). */
const startup = 196_608;

/** Cuts a stream of bytes into the messages of PostgreSQL's protocol. */
export class MessageReader {
  #rest = Buffer.alloc(0);
  #untyped: boolean;

  /** A client's first messages have no type. */
  constructor({ startsUntyped }: { readonly startsUntyped: boolean }) {
    this.#untyped = startsUntyped;
  }

  /** The messages that the bytes complete. */
  *read(data: Buffer): Generator<PostgresMessage> {
    this.#rest = Buffer.concat([this.#rest, data]);
    for (let message = this.#next(); message; message = this.#next()) yield message;
  }

  #next(): PostgresMessage | undefined {
    const typeSize = this.#untyped ? 0 : 1;
    if (this.#rest.length < typeSize + lengthSize) return undefined;
    const size = typeSize + this.#rest.readInt32BE(typeSize);
    if (this.#rest.length < size) return undefined;
    const bytes = this.#rest.subarray(0, size);
    this.#rest = this.#rest.subarray(size);
    if (this.#untyped && bytes.readInt32BE(lengthSize) === startup) this.#untyped = false;
    return {
      type: typeSize === 0 ? "" : String.fromCharCode(bytes[0] ?? 0),
      bytes,
      strings: () => bytes.subarray(headerSize).toString("latin1").split("\0", 2),
    };
  }
}
