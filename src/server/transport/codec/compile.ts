import type { DescField } from "@bufbuild/protobuf";

/**
 * Source text for the value of a field of `message`, undefined or null if it is not set. A zero of implicit presence is
 * returned.
 */
export function sourceOfValue({ localName, oneof }: DescField): string {
  if (!oneof) return memberOf("message", localName);
  const chosen = memberOf("message", oneof.localName);
  return `(${chosen}?.case === ${JSON.stringify(localName)} ? ${chosen}.value : undefined)`;
}

function memberOf(object: string, name: string): string {
  return `${object}[${JSON.stringify(name)}]`;
}

/**
 * Makes a function from its source text, in which `w0`, `w1`, ... are the writers of the fields. V8 then knows which
 * property each read means and which writer each call, which a loop over writers hides from it. The text has nothing but
 * names of the contract.
 */
export function compile<Write, Compiled>(writers: readonly Write[], source: string): Compiled {
  return new Function(...writers.map((_, index) => `w${index}`), `return ${source};`)(...writers);
}
