/** A compiled path of an HTTP rule. */
export interface PathTemplate {
  readonly pattern: RegExp;
  /** Names of the variables, in the order of the groups of `pattern`. */
  readonly paths: readonly string[];
  readonly segments: number;
  /** Literal segments sort before variables, segment by segment, and a verb before none. */
  readonly rank: string;
}

/**
 * Compiles `/literal/{field.path}/...:verb`. The last variable ends at the colon, plain or percent-encoded, where the
 * verb starts.
 *
 * @returns undefined for an unsupported template
 */
export function compileTemplate(template: string): PathTemplate | undefined {
  const [, segmentText, verb = ""] =
    /^((?:\/(?:[A-Za-z0-9_.~-]+|\{[a-z0-9_.]+\}))+)(:[A-Za-z0-9_.~-]+)?$/.exec(template) ?? [];
  if (segmentText === undefined) return undefined;
  const paths: string[] = [];
  let pattern = "";
  let rank = "";
  for (const segment of segmentText.split("/").slice(1)) {
    const [, path] = /^\{(.+)\}$/.exec(segment) ?? [];
    if (path === undefined) pattern += `/${segment.replaceAll(".", "\\.")}`;
    else {
      paths.push(path);
      pattern += "/([^/:]+?)";
    }
    rank += path === undefined ? "0" : "1";
  }
  const ending = verb === "" ? "" : `(?::|%3[Aa])${verb.slice(1).replaceAll(".", "\\.")}`;
  return {
    pattern: new RegExp(`^${pattern}${ending}$`),
    paths,
    segments: rank.length,
    rank: rank + (verb === "" ? "1" : "0"),
  };
}
