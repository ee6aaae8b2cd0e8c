import { parseAst } from "vitest/node";

/** A literal or a comment, on one line: white space is collapsed, so that a phrase is found across a line break. */
export interface SourceText {
  readonly line: number;
  readonly text: string;
}

/** String and template literals of a TypeScript source except import paths. Interpolated values become `…`. */
export function literalsOf(source: string): SourceText[] {
  return nodesOf(source).flatMap(({ node, isImport }) => (isImport ? [] : literalAt(source, node)));
}

function literalAt(source: string, node: Node): SourceText[] {
  if (node["type"] === "Literal" && typeof node["value"] === "string") return [textAt(source, node, node["value"])];
  if (node["type"] === "TemplateLiteral") return [textAt(source, node, fixedPartsOf(source, node).join("…"))];
  return [];
}

/** Comments of a TypeScript source. */
export function commentsOf(source: string): SourceText[] {
  const literals = nodesOf(source).flatMap(({ node }) =>
    node["type"] === "Literal" || node["type"] === "TemplateElement" ? [rangeOf(node)] : [],
  );
  return commentsBetween(source, literals);
}

/** Comments of a proto source. */
export function protoCommentsOf(source: string): SourceText[] {
  const literals = [...source.matchAll(/\/\/.*|"(?:[^"\\\n]|\\.)*"/g)].filter(([text]) => text.startsWith('"'));
  return commentsBetween(
    source,
    literals.map(({ index, 0: text }) => ({ start: index, end: index + text.length })),
  );
}

/** A text that accompanies a violation reason, as an argument or property beside it. */
export interface ViolationText extends SourceText {
  readonly reason: string;
}

/** Literals of several words beside a literal that is one of the reasons. */
export function violationTextsOf(source: string, reasons: ReadonlySet<string>): ViolationText[] {
  return nodesOf(source).flatMap(({ node }) => {
    const siblings = [...listOf(node["arguments"]), ...listOf(node["properties"]).map((property) => property["value"])];
    const texts = siblings
      .map(withoutCast)
      .filter(isNode)
      .flatMap((sibling) => literalAt(source, sibling));
    const reason = texts.find(({ text }) => reasons.has(text))?.text;
    return reason === undefined
      ? []
      : texts.filter(({ text }) => / |\.$/.test(text)).map((text) => ({ ...text, reason }));
  });
}

/** `"CONFLICT" as const` is "CONFLICT". */
function withoutCast(node: unknown): unknown {
  return isNode(node) && node["type"] === "TSAsExpression" ? node["expression"] : node;
}

interface Range {
  readonly start: number;
  readonly end: number;
}

/** Consecutive comment lines are one comment, as they are one sentence to a reader. */
function commentsBetween(source: string, literals: readonly Range[]): SourceText[] {
  const ends = new Map(literals.map(({ start, end }) => [start, end]));
  const comments: SourceText[] = [];
  for (let at = 0; at < source.length; ) {
    const literalEnd = ends.get(at);
    if (literalEnd !== undefined && literalEnd > at) at = literalEnd;
    else if (source.startsWith("//", at) || source.startsWith("/*", at)) {
      const [comment = ""] = /^(?:\/\*[\s\S]*?\*\/|\/\/.*(?:\n[ \t]*\/\/.*)*)/.exec(source.slice(at)) ?? [];
      const text = comment.replaceAll(/^[ \t]*(?:\/\*+|\*+\/|\*|\/\/)|\*\/$/gm, "");
      comments.push({ line: lineAt(source, at), text: collapsed(text) });
      at += comment.length;
    } else at += 1;
  }
  return comments;
}

type Node = Readonly<Record<string, unknown>>;

interface Found {
  readonly node: Node;
  /** Whether it belongs to an import or export from another module. */
  readonly isImport: boolean;
}

function nodesOf(source: string): Found[] {
  const found: Found[] = [];
  const visit = (value: unknown, inImport: boolean) => {
    if (Array.isArray(value)) for (const item of value) visit(item, inImport);
    if (!isNode(value)) return;
    const isImport = inImport || isNode(value["source"]);
    found.push({ node: value, isImport });
    for (const member of Object.values(value)) visit(member, isImport);
  };
  visit(parseAst(source, { lang: "ts" }), false);
  return found;
}

function isNode(value: unknown): value is Node {
  return typeof value === "object" && value !== null && "type" in value;
}

function listOf(value: unknown): Node[] {
  const items: readonly unknown[] = Array.isArray(value) ? value : [];
  return items.filter(isNode);
}

function rangeOf(node: Node): Range {
  return { start: Number(node["start"]), end: Number(node["end"]) };
}

/** The parser counts the delimiters to the parts: "`At most ${" and "} items.`". */
function fixedPartsOf(source: string, { quasis }: Node): string[] {
  return listOf(quasis).map((part) => {
    const { start, end } = rangeOf(part);
    return source
      .slice(start, end)
      .replace(/^[`}]/, "")
      .replace(/(?:\$\{|`)$/, "");
  });
}

function textAt(source: string, node: Node, text: string): SourceText {
  return { line: lineAt(source, rangeOf(node).start), text: collapsed(text) };
}

function lineAt(source: string, offset: number): number {
  return source.slice(0, offset).split("\n").length;
}

function collapsed(text: string): string {
  return text.replaceAll(/\s+/g, " ").trim();
}
