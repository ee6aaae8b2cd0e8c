import { DomainError } from "../../core/errors.js";

/** JSON as received: the members of an object in order, including duplicate keys. */
export type JsonNode = null | boolean | number | string | JsonNode[] | JsonObjectNode;

export interface JsonObjectNode {
  readonly members: JsonMember[];
}

export interface JsonMember {
  readonly key: string;
  readonly value: JsonNode;
}

const maxDepth = 100;
const numberPattern = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const [tab, lineFeed, carriageReturn, space, quote, backslash] = [0x09, 0x0a, 0x0d, 0x20, 0x22, 0x5c];
const escapes: Readonly<Record<string, string>> = {
  '"': '"',
  "\\": "\\",
  "/": "/",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
};

/** An open object or array: its number of values so far, and the key or index of the last one. */
interface Frame {
  key: string | number;
  count: number;
}

interface ValueLimit {
  readonly max: number;
  /** Creates the error for more values from the keys and indexes that lead to most of them. */
  refuse(keys: readonly (string | number)[]): DomainError;
}

export function isJsonObject(node: JsonNode | undefined): node is JsonObjectNode {
  return typeof node === "object" && node !== null && !Array.isArray(node);
}

/**
 * Parses RFC 8259 JSON in UTF-8, and skips a leading byte order mark. `JSON.parse` silently drops all but the last of
 * duplicate keys and has no limits. Parsing stops at the first value above the limit.
 *
 * @throws DomainError MALFORMED_REQUEST, also for nesting deeper than 100, numbers beyond a double and unpaired
 * surrogates
 */
export function parseJson(bytes: Uint8Array, limit: ValueLimit): JsonNode {
  return parseText(decodeUtf8(bytes), limit);
}

const utf8 = new TextDecoder("utf-8", { fatal: true });

/** @throws DomainError MALFORMED_REQUEST */
export function decodeUtf8(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch {
    throw new DomainError("MALFORMED_REQUEST", "The request body is not valid UTF-8.");
  }
}

function parseText(text: string, limit: ValueLimit): JsonNode {
  let position = 0;
  let values = 0;
  const frames: Frame[] = [];

  function count(frame: Frame, key: string | number): void {
    frame.key = key;
    frame.count += 1;
    values += 1;
    if (values <= limit.max) return;
    const most = Math.max(...frames.map((open) => open.count));
    const longest = frames.findIndex((open) => open.count === most);
    throw limit.refuse(frames.slice(0, longest).map((open) => open.key));
  }

  function open(): Frame {
    const frame = { key: "", count: 0 };
    frames.push(frame);
    return frame;
  }

  function malformed(problem: string, at = position): DomainError {
    return new DomainError("MALFORMED_REQUEST", `The request body is not valid JSON: ${problem} at position ${at}.`, {
      metadata: { position: String(at) },
    });
  }

  /** The next non-space character, or "" at the end. */
  function peek(): string {
    while (isSpace(text.charCodeAt(position))) position += 1;
    return text.charAt(position);
  }

  function expect(character: string): void {
    if (peek() !== character) throw malformed(`expected \`${character}\``);
    position += 1;
  }

  function word<T extends JsonNode>(spelling: string, value: T): T {
    if (!text.startsWith(spelling, position)) throw malformed("unexpected token");
    position += spelling.length;
    return value;
  }

  function parseValue(depth: number): JsonNode {
    if (depth > maxDepth) throw malformed(`nesting deeper than ${maxDepth}`);
    switch (peek()) {
      case "{":
        return parseObject(depth);
      case "[":
        return parseArray(depth);
      case '"':
        return parseString();
      case "t":
        return word("true", true);
      case "f":
        return word("false", false);
      case "n":
        return word("null", null);
      case "":
        throw malformed("unexpected end of input");
      default:
        return parseNumber();
    }
  }

  function parseObject(depth: number): JsonObjectNode {
    position += 1;
    const members: JsonMember[] = [];
    const frame = open();
    if (peek() === "}") position += 1;
    else
      do {
        if (peek() !== '"') throw malformed("expected a property name");
        const key = parseString();
        expect(":");
        count(frame, key);
        members.push({ key, value: parseValue(depth + 1) });
      } while (goesOn("}"));
    frames.pop();
    return { members };
  }

  function parseArray(depth: number): JsonNode[] {
    position += 1;
    const items: JsonNode[] = [];
    const frame = open();
    if (peek() === "]") position += 1;
    else
      do {
        count(frame, items.length);
        items.push(parseValue(depth + 1));
      } while (goesOn("]"));
    frames.pop();
    return items;
  }

  /** Moves past a comma (true) or the closing character (false). */
  function goesOn(close: string): boolean {
    const next = peek();
    if (next !== "," && next !== close) throw malformed(`expected \`,\` or \`${close}\``);
    position += 1;
    return next === ",";
  }

  function parseNumber(): number {
    numberPattern.lastIndex = position;
    const [literal = ""] = numberPattern.exec(text) ?? [];
    if (literal === "") throw malformed("unexpected token");
    const value = Number(literal);
    if (!Number.isFinite(value)) throw malformed("number out of range");
    position += literal.length;
    return value;
  }

  function parseString(): string {
    const start = position;
    position += 1;
    let value = "";
    let plainFrom = position;
    for (let code = text.charCodeAt(position); code !== quote; code = text.charCodeAt(position)) {
      if (code === backslash) {
        value += text.slice(plainFrom, position) + parseEscape();
        plainFrom = position;
      } else if (code >= space) position += 1;
      else throw malformed(position < text.length ? "unescaped control character" : "unexpected end of input");
    }
    value += text.slice(plainFrom, position);
    position += 1;
    if (/\p{Surrogate}/u.test(value)) throw malformed("unpaired surrogate", start);
    return value;
  }

  function parseEscape(): string {
    const letter = text.charAt(position + 1);
    const hex = letter === "u" ? /^[0-9a-fA-F]{4}$/.exec(text.slice(position + 2, position + 6))?.[0] : undefined;
    const character = hex === undefined ? escapes[letter] : String.fromCharCode(Number.parseInt(hex, 16));
    if (character === undefined) throw malformed("invalid escape sequence");
    position += hex === undefined ? 2 : 6;
    return character;
  }

  const root = parseValue(1);
  if (peek() !== "") throw malformed("unexpected data after the value");
  return root;
}

function isSpace(code: number): boolean {
  return code === space || code === lineFeed || code === carriageReturn || code === tab;
}
