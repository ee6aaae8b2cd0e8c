import {
  create,
  type DescMessage,
  type DescMethodUnary,
  type Message,
  type MessageInitShape,
} from "@bufbuild/protobuf";
import type { TestServer } from "../support/server.js";

/** How the texts that an RPC writes are read back (test/reliability/odd-texts.test.ts). */
export interface WrittenTexts {
  /** A request with a place for every text. The suite replaces all texts of its messages. */
  request(server: TestServer): Promise<Message>;
  /** The calls that return what was written. */
  readings(response: Message, sent: Message): readonly Reading[];
}

export interface Reading {
  readonly method: DescMethodUnary;
  readonly request: Message;
}

export function reading<I extends DescMessage, O extends DescMessage>(
  method: DescMethodUnary<I, O>,
  request: MessageInitShape<I>,
): Reading {
  return { method, request: create(method.input, request) };
}

/** So many copies of a part of a request. */
export function times<T extends object>(count: number, part: T): T[] {
  return Array.from({ length: count }, () => ({ ...part }));
}

/** A page as large as the texts of a request need. */
export const pagination = { pageSize: 100 };
