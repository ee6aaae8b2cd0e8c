/** Where planted texts stand: the text around each, without the texts that may stand there. */
export function sightings(source: string, texts: readonly string[], planted: readonly string[]): string[] {
  // Canaries are few letters apart from each other: one pass over each text with all of them.
  const sought = new RegExp(planted.map(escaped).join("|"), "g");
  return texts.flatMap((text) => {
    const [found] = text.match(sought) ?? [];
    return found === undefined ? [] : [`${source}: ${found} in ${around(text, found)}`];
  });
}

function around(text: string, found: string): string {
  const place = text.indexOf(found);
  return JSON.stringify(text.slice(Math.max(0, place - 200), place + 100));
}

function escaped(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
