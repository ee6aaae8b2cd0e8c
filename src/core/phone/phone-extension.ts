/**
 * The words before an extension: English, and those of Spanish, Italian, Portuguese, French, German, Russian, Chinese
 * and Japanese, as Google's libphonenumber and public contact lists have them.
 */
const words = "e?xt(?:ensi[óo]n|n)?|int(?:erno)?|anexo|ramal|poste|durchwahl|dw|доб(?:авочный)?|内線|分机|转";

const extension = new RegExp(
  `(?<=[\\p{Nd})\\s])[\\s,;-]*(?:[,;]|[x#]|(?:${words})\\.?)[\\s.:=#]*(\\p{Nd}{1,7})#?$`,
  "iu",
);

/** Pauses that telephones store: `2125550111p5`, `2125550111w5`. */
const pause = /(?<=\p{Nd})[pw]+(\p{Nd}{1,7})#?$/iu;

/** Cuts the extension off a number: `(212) 555-0111 x5`, `2125550111,,5`, `212-555-0111 ext. 5`. */
export function readExtension(text: string): { number: string; extension: string } {
  const found = extension.exec(text) ?? pause.exec(text);
  if (!found) return { number: text.replace(/#$/, ""), extension: "" };
  return { number: text.slice(0, found.index), extension: found[1] ?? "" };
}
