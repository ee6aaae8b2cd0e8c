/** The words of an enum. The contract and the database share their numbers. 0 is unspecified. */
export interface Enumeration<Word extends string, Words extends readonly Word[] = readonly Word[]> {
  readonly words: Words;
  /** Words whose published numbers are unknown. Theirs start at 1000. */
  readonly ownWords?: readonly Word[];
  /** 0 for no word. */
  readonly numberOf: (word: Word | "" | null | undefined) => number;
  /** Undefined for 0 and for unknown numbers. */
  readonly wordOf: (number: number) => Word | undefined;
}

export type WordOf<E> = E extends Enumeration<infer Word> ? Word : never;

/**
 * An enum with the words 1, 2, and so on. `protoEnum` compares them with the contract: how many they are when it compiles,
 * their names when the program starts.
 */
export function enumeration<const Words extends readonly string[]>(...words: Words): Enumeration<Words[number], Words> {
  const texts: readonly string[] = words;
  return {
    words,
    numberOf: (word) => texts.indexOf(word ?? "") + 1,
    wordOf: (number) => words[number - 1],
  };
}

/** The same with words whose published numbers are unknown. */
export function extendedEnumeration<const Words extends readonly string[], const Own extends readonly string[]>(
  words: Words,
  ownWords: Own,
): Enumeration<Words[number] | Own[number], Words> {
  const published = enumeration<readonly (Words[number] | Own[number])[]>(...words);
  const own: readonly string[] = ownWords;
  return {
    ...{ words, ownWords },
    numberOf: (word) =>
      own.includes(word ?? "") ? firstOwnNumber + own.indexOf(word ?? "") : published.numberOf(word),
    wordOf: (number) => ownWords[number - firstOwnNumber] ?? published.wordOf(number),
  };
}

/** Numbers of our own in published messages and enums start here. */
export const firstOwnNumber = 1_000;
