import { type Statement, statement } from "./statement.js";

/** A statement whose parameters have names in place of positions. */
interface NamedStatement<Parameters> extends Statement {
  /** The values of the parameters in the order of their positions. */
  values(parameters: Parameters): readonly unknown[];
}

/**
 * Names a statement whose text has `:companyId`, `:keyId`, ... as its parameters: a position for every name, in the order
 * of first use.
 */
export function namedStatement<Parameters extends Readonly<Record<string, unknown>>>(
  name: string,
  text: string,
): NamedStatement<Parameters> {
  const names: string[] = [];
  const numbered = text.replaceAll(/(?<!:):([a-z][A-Za-z0-9]*)/g, (_, parameter: string) => {
    if (!names.includes(parameter)) names.push(parameter);
    return `$${names.indexOf(parameter) + 1}`;
  });
  return {
    ...statement(name, numbered),
    values(parameters) {
      return names.map((parameter) => {
        const value = parameters[parameter];
        if (value === undefined) throw new Error(`the statement ${name} has no value for ${parameter}`);
        return value;
      });
    },
  };
}
