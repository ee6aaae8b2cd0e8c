// The driver's conversion of parameters, of which @types/pg does not know.
declare module "pg/lib/utils.js" {
  export function prepareValue(value: unknown): Buffer | string | null;
}
