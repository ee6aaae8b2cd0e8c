import type { DescEnum, DescEnumValue } from "@bufbuild/protobuf";
import { z } from "zod";
import { type Enumeration, firstOwnNumber } from "../core/enumeration.js";
import { customIssue } from "./parse.js";

/** A list of values in a message is no longer than this. Above it, the message names the enum. */
const maxListedValues = 6;

/** A value of the contract that has no word, or a word without a value, does not compile. */
type SameValues<Value extends number, Words extends readonly string[]> = [Differing<Published<Value>, Words>] extends [
  never,
]
  ? unknown
  : { readonly differsFromContractIn: Differing<Published<Value>, Words> };

/** Without the values of our own, which are compared when the program starts. */
type Published<Value extends number> = Exclude<`${Value}`, `1${Digit}${Digit}${Digit}`>;

type Digit = 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9;

type Differing<Numbers extends string, Words extends readonly string[]> = number extends Words["length"]
  ? never
  : Exclude<Numbers, NumberOf<Words>> | Exclude<NumberOf<Words>, Numbers>;

/** "0" for no word, then those of the words. */
type NumberOf<Words extends readonly string[]> = Extract<keyof ["", ...Words], `${number}`>;

/**
 * Maps an enum of the contract to its words, for inputs and outputs. Made when the program starts, and throws if the
 * names in the contract and the words differ, so that a value added to one of them cannot be forgotten in the other.
 *
 * proto3 enums are open, so any number can arrive. An unknown number is NOT_ALLOWED. The schemas differ in what 0 is:
 * - `required`: REQUIRED
 * - `item`, for items of lists: NOT_ALLOWED
 * - `optional`: undefined
 * - `withDefault`: the default
 */
export function protoEnum<Value extends number, Word extends string, const Words extends readonly Word[]>(
  contract: DescEnum & { readonly value: Readonly<Record<Value, DescEnumValue>> },
  { words, ownWords = [], numberOf, wordOf }: Enumeration<Word, Words> & SameValues<Value, Words>,
) {
  checkWords(contract, words, ownWords);
  const [unspecified, ...others] = contract.values.map((value) => value.name);
  const withoutZero = message(contract, others, ` other than ${unspecified}`);
  const withZero = message(contract, [unspecified, ...others], "");

  // A number without a word was refused before.
  const word = (number: number): Word => wordOf(number) ?? z.NEVER;
  const refuse = (context: z.RefinementCtx, text: string) => context.addIssue(customIssue("NOT_ALLOWED", text));
  const item = z.number().superRefine((number, context) => {
    if (wordOf(number) === undefined) refuse(context, withoutZero);
  });
  const required = z.number().superRefine((number, context) => {
    if (number === 0) context.addIssue(customIssue("REQUIRED", "Required."));
    else if (wordOf(number) === undefined) refuse(context, withoutZero);
  });
  const optional = z
    .number()
    .superRefine((number, context) => {
      if (number !== 0 && wordOf(number) === undefined) refuse(context, withZero);
    })
    .transform(wordOf);
  return {
    required: required.transform(word),
    item: item.transform(word),
    optional,
    withDefault: <const Default>(value: Default) => optional.transform((given): Word | Default => given ?? value),
    /** The number in the contract, 0 for no word. */
    toProto: numberOf,
  };
}

function checkWords({ typeName, values }: DescEnum, words: readonly string[], ownWords: readonly string[]): void {
  const [zero, ...others] = values.toSorted((a, b) => a.number - b.number);
  const inContract = others.map((value) => `${value.localName} = ${value.number}`);
  const inWords = [
    ...words.map((word, index) => `${word} = ${index + 1}`),
    ...ownWords.map((word, index) => `${word} = ${firstOwnNumber + index}`),
  ];
  const faults = [
    ...(zero?.number === 0 ? [] : ["no value has the number 0"]),
    ...inContract.filter((value) => !inWords.includes(value)).map((value) => `${value} is only in the contract`),
    ...inWords.filter((value) => !inContract.includes(value)).map((value) => `${value} is only in the enumeration`),
  ];
  if (faults.length > 0) throw new Error(`the enum ${typeName} differs from its enumeration: ${faults.join(", ")}`);
}

function message({ typeName, file }: DescEnum, values: readonly (string | undefined)[], exception: string): string {
  const name = typeName.slice(file.proto.package.length + 1);
  if (values.length > maxListedValues) return `Must be a value of ${name}${exception}.`;
  return `Must be ${values.slice(0, -1).join(", ")} or ${values.at(-1)}.`;
}
