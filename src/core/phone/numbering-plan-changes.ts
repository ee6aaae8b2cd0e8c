/** A change of a national numbering plan that computes today's number from the old one and back. */
export interface PlanChange {
  /** ISO 3166-1 alpha-2 code. */
  readonly country: string;
  /** The day since which only the new form is dialed: of the last step, if there were several. */
  readonly since: string;
  /** `OB` is the Operational Bulletin of the ITU with the announcement of the national authority. */
  readonly source: string;
  /** Whether both forms are in use. Then a number keeps its form, and both forms mean one line. */
  readonly parallel?: boolean;
  /** The digits from the country code on: old prefix, today's prefix, number of digits behind either. */
  readonly prefixes: readonly Prefixes[];
  /** Old prefixes that were dialed but never stored, so that only texts are read with them. */
  readonly dialed?: readonly Prefixes[];
}

type Prefixes = readonly [old: string, today: string, behind: number];

/**
 * The countries whose numbers are stored or sent in two forms. Changes that need more than the number (the operator, the
 * town) or whose old numbers are in use again for others are not here, see docs/decisions/11-phones.md.
 */
export const planChanges: readonly PlanChange[] = [
  {
    country: "AR",
    since: "parallel: the 9 marks a mobile phone called from abroad",
    source: "Google libphonenumber, territory AR; ENACOM Resolución 1697/2015",
    parallel: true,
    prefixes: ["1", "2", "3"].map((first) => [`54${first}`, `549${first}`, 9]),
  },
  {
    country: "BJ",
    since: "2024-11-30",
    source: "OB 1292",
    prefixes: digits("24569").map((first) => [`229${first}`, `22901${first}`, 7]),
  },
  {
    country: "BR",
    since: "2016-11-06",
    source: "OB 999, OB 1091; not 7, where trunking kept eight digits",
    prefixes: brazilianAreas().flatMap((area) =>
      digits("689").map((first) => [`55${area}${first}`, `55${area}9${first}`, 7] as const),
    ),
  },
  {
    country: "CI",
    since: "2021-01-31",
    source: "OB 1208; blocks of the operators before: fr.wikipedia.org, list of the codes of Côte d'Ivoire",
    prefixes: [
      ...added("225", "01", "01 02 03 40 41 42 43 50 51 52 53 70 71 72 73", 6),
      ...added("225", "05", "04 05 06 44 45 46 54 55 56 64 65 66 74 75 76 84 85 86 94 95 96", 6),
      ...added("225", "07", "07 08 09 47 48 49 57 58 59 67 68 69 77 78 79 87 88 89 97 98", 6),
      ...added("225", "21", "208 218 228 238", 5),
      ...added("225", "25", "200 210 220 230 240 300 310 320 330 340 350 360", 5),
      ...added("225", "27", "202 203 212 213 215 217 224 225 234 235 243 244 245 306 316 319 327 337 347 359 368", 5),
    ],
  },
  {
    country: "CL",
    since: "2013-06-15",
    source: "OB 1017",
    prefixes: [
      ["562", "5622", 7],
      ..."43 45 51 52 53 55 57 58 61 63 64 65 67 71 72 73 75"
        .split(" ")
        .map((area) => [`56${area}`, `56${area}2`, 6] as const),
    ],
  },
  {
    country: "CM",
    since: "2014-11-21",
    source: "OB 1063; mobile phones (fixed lines changed by town)",
    prefixes: added("237", "6", "6 7 9", 7),
  },
  {
    country: "CO",
    since: "2021-09-01",
    source: "OB 1187; not 46, which Google libphonenumber still has with eight digits",
    prefixes: [...added("57", "60", "1 2 5 6 7 8", 7), ...added("57", "60", "40 41 42 43 44 45 47 48 49", 6)],
  },
  {
    country: "DJ",
    since: "2012-03-01",
    source: "OB 998",
    prefixes: [
      ...added("253", "21", "25 29 30 31 32 34 35 36 39 45 57 58", 4),
      ...added("253", "27", "42 50 51 52 53 54", 4),
      ...added("253", "77", "6 7 8", 5),
    ],
  },
  {
    country: "EC",
    since: "2012-09-30",
    source: "OB 1012; mobile phones",
    prefixes: [...added("593", "9", "8 9", 7), ...added("593", "9", "29 39 49 59 69 79", 6)],
  },
  {
    country: "EG",
    since: "2011-10-06",
    source: "OB 970; mobile phones (not 150 to 152, which are fixed lines today)",
    prefixes: replaced("20", "12 122 17 127 18 128 10 100 16 106 19 109 11 111 14 114", 7),
  },
  {
    country: "GA",
    since: "2019-07-12",
    source: "OB 1174",
    prefixes: replaced("241", "01 11 02 62 04 74 05 65 06 66 07 77", 6),
  },
  {
    country: "GN",
    since: "2013-03-31",
    source: "OB 1023",
    prefixes: replaced("224", "60 601 61 621 62 622 63 631 64 664 65 655 66 666 67 657 68 628 69 669 24 662", 6),
  },
  { country: "HN", since: "2010-11-14", source: "OB 969; fixed lines", prefixes: added("504", "2", "2 4 5 6 7", 6) },
  {
    country: "MR",
    since: "2011-01-01",
    source: "OB 961",
    prefixes: [
      ...added("222", "4", "51 52 53 54 55 56 57 60 64 65 67 68 69 74 75 76 77 78 79", 5),
      ...added("222", "4", "4", 6),
      ...added("222", "2", "50 58 70", 5),
      ...added("222", "2", "2", 6),
      ...added("222", "3", "61 62 63 66 71 72 73", 5),
      ...added("222", "3", "3", 6),
    ],
  },
  {
    country: "MU",
    since: "2013-09-01",
    source: "OB 1024; mobile phones (not 421, 422, 428, 471 and 490, which are fixed lines today)",
    prefixes: [
      ...added("230", "5", "25 29 44 70 71 72 73 74 75 76 77 78 79 82 86", 5),
      ...added("230", "5", "90 91 92 93 94 95 96 97 98", 5),
      ...added(
        "230",
        "5",
        "423 429 472 473 474 475 476 477 478 479 491 492 493 494 495 496 497 498 499 871 875 876 877 878",
        4,
      ),
    ],
  },
  {
    country: "MX",
    since: "2019-08-03",
    source: "OB 1151: ten digits from every line, without the 1 before mobile phones",
    prefixes: [["521", "52", 10]],
    dialed: [
      ["5201", "52", 10],
      ["52044", "52", 10],
      ["52045", "52", 10],
    ],
  },
  {
    country: "PF",
    since: "2014-06-21",
    source: "OB 1053; not 41, which became two prefixes, and 44, which kept six digits",
    prefixes: [
      ...added("689", "40", "5 6 8", 5),
      ...added("689", "40", "40 42 43 45 46 47 48 49", 4),
      ...added("689", "87", "2 3 7", 5),
    ],
  },
  {
    country: "QA",
    since: "2010-07-28",
    source: "OB 959",
    prefixes: replaced("974", "3 33 4 44 5 55 6 66 7 77", 6),
  },
  {
    country: "SC",
    since: "2011-08-04",
    source: "OB 978",
    prefixes: [...added("248", "4", "2 3 6", 5), ...added("248", "2", "5 7", 5)],
  },
  { country: "SX", since: "2012-09-30", source: "OB 992, OB 1004", prefixes: [["5995", "17215", 6]] },
  { country: "SZ", since: "2011-02-01", source: "OB 960; fixed lines", prefixes: added("268", "2", "2 3 4 5", 6) },
  {
    country: "TL",
    since: "2012-07-31",
    source: "OB 1008; mobile phones (not 70, which has seven digits today)",
    prefixes: added("670", "7", "71 72 73 74 75 76 77 78 79", 5),
  },
  {
    country: "VN",
    since: "2018-11-14",
    source: "OB 1150; mobile phones",
    prefixes: [
      ...replaced("84", "120 70 121 79 122 77 126 76 128 78 123 83 124 84 125 85 127 81 129 82", 7),
      ...replaced("84", "162 32 163 33 164 34 165 35 166 36 167 37 168 38 169 39 186 56 188 58 199 59", 7),
    ],
  },
];

/** The plan put digits before the number: `added("57", "60", "1 2", 7)` for 57 1 -> 57 601 and 57 2 -> 57 602. */
function added(code: string, prefix: string, firsts: string, behind: number) {
  return firsts.split(" ").map((first) => [`${code}${first}`, `${code}${prefix}${first}`, behind] as const);
}

/** The plan exchanged the first digits: `replaced("241", "01 11 02 62", 6)` for 241 01 -> 241 11 and 241 02 -> 241 62. */
function replaced(code: string, pairs: string, behind: number) {
  const parts = pairs.split(" ");
  return parts.flatMap((old, place) =>
    place % 2 === 0 ? [[`${code}${old}`, `${code}${parts[place + 1] ?? ""}`, behind] as const] : [],
  );
}

function digits(text: string): string[] {
  return [...text];
}

/** Every area is two digits without 0. Not all are assigned. */
function brazilianAreas(): string[] {
  return digits("123456789").flatMap((first) => digits("123456789").map((second) => first + second));
}
