import { type Statement, statement } from "./statement.js";

/** A statement whose parameters have names in place of positions. */
interface NamedStatement<Parameters> extends Statement {
  /** The values of the parameters in the order of their positions. */
  values(parameters: Parameters): readonly unknown[];
  /** The same of parameters in several objects. One object of so many would be a hash table, which takes long to make. */
  valuesOf<const Parts extends readonly Part[]>(parts: Parts & Complete<Parts, Parameters>): readonly unknown[];
}

/** All parts together, if they have every parameter. */
type Part = Readonly<Record<string, unknown>>;

type Complete<Parts extends readonly Part[], Parameters> = Joined<Parts> extends Parameters ? unknown : never;

type Joined<Parts extends readonly Part[]> = Parts extends readonly [infer First, ...infer Rest extends readonly Part[]]
  ? First & Joined<Rest>
  : unknown;

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
  const absent = (parameter: string) => new Error(`the statement ${name} has no value for ${parameter}`);
  return {
    ...statement(name, numbered),
    values(parameters) {
      return names.map((parameter) => {
        const value = parameters[parameter];
        if (value === undefined) throw absent(parameter);
        return value;
      });
    },
    valuesOf(parts) {
      const values = new Map<string, unknown>();
      for (const part of parts) for (const key in part) values.set(key, part[key]);
      return names.map((parameter) => {
        const value = values.get(parameter);
        if (value === undefined) throw absent(parameter);
        return value;
      });
    },
  };
}
