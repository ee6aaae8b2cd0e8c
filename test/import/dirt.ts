import type { Cells, Dirt, Fault, Header } from "./dirty-row.js";

function stored(name: string, cells: Partial<Cells>, { owner, pet }: Pick<Dirt, "owner" | "pet"> = {}): Dirt {
  return { name, cells, ...(owner ? { owner } : {}), ...(pet ? { pet } : {}) };
}

/** A row that is refused because of one cell. */
function refused(column: Header, cell: string, reason: string, remedy: string): Dirt {
  const name = `${column} ${JSON.stringify(cell.slice(0, 30))}`;
  return { name, cells: { [column]: cell }, faults: [{ column, reason, remedy }] };
}

/** A line that cannot be read as a row. */
function broken(name: string, line: (line: Buffer) => Buffer, fault: Omit<Fault, "column">): Dirt {
  return { name, line, faults: [{ column: "", ...fault }] };
}

const noPet = { "Pet Name": "", Species: "", Breed: "", Sex: "", Weight: "", DOB: "" } as const;

function phone(cell: string, phones: string): Dirt {
  return stored(`the phone ${cell}`, { "Cell Phone": cell }, { owner: { phones } });
}

function born(cell: string, day: string): Dirt {
  return stored(`the birthday ${cell}`, { DOB: cell }, { pet: { born: day } });
}

function sex(cell: string, read: string): Dirt {
  return stored(`the sex ${cell}`, { Sex: cell }, { pet: { sex: read } });
}

function weight(cell: string, read: string): Dirt {
  return stored(`the weight ${cell}`, { Weight: cell }, { pet: { weight: read } });
}

function email(cell: string, read: string): Dirt {
  return stored(`the address ${cell}`, { "E-mail": cell }, { owner: { email: read } });
}

/** Dirt that is read by a rule. `n` makes numbers of a row its own. */
export function readDirt(n: number): readonly Dirt[] {
  const line = `+1212557${1_000 + n}`;
  const digits = line.slice(2);
  const local = `(212) 557-${1_000 + n}`;
  return [
    stored("nothing", {}),
    phone(`${local} x5`, `${line} x5`),
    phone(`${local} ext. 12`, `${line} x12`),
    phone(`${local}${" "}(cell)`, line),
    phone(`Cell: ${local}`, line),
    phone(`${digits}.0`, line),
    phone(`="${digits}"`, line),
    phone(`'${line}`, line),
    phone(`1.212.557.${1_000 + n}`, line),
    phone(`tel:${line}`, line),
    phone(`${digits.slice(0, 1)}.${digits.slice(1)}E+09`, line),
    phone(`\u202a${local}\u202c`, line),
    phone(`${local} / (212) 558-${1_000 + n}`, `${line}, +1212558${1_000 + n}`),
    phone(
      `${local}; 212-558-${1_000 + n} or 212-559-${1_000 + n}`,
      [line, `+1212558${1_000 + n}`, `+1212559${1_000 + n}`].join(", "),
    ),
    stored("the same number twice", { "HOME PHONE": local, "Cell Phone": digits }, { owner: { phones: line } }),
    stored("no cell phone, a home phone", { "HOME PHONE": local, "Cell Phone": "n/a" }, { owner: { phones: line } }),
    stored(
      "no-break spaces",
      { "Owner First Name": "Anna", Surname: `\u00a0Smith${n}\u00a0` },
      { owner: { name: `Anna Smith${n}` } },
    ),
    stored(
      "a zero-width space",
      { "Owner First Name": "Anna", Surname: `Smith${n}\u200b` },
      { owner: { name: `Anna Smith${n}` } },
    ),
    stored("two blanks in a name", { "Owner First Name": "Mary   Ann" }, { owner: { name: `Mary Ann Lee${n}` } }),
    stored("a quote in a cell", { Breed: 'Poodle "toy"' }, { pet: { breed: 'Poodle "toy"' } }),
    stored("commas in a cell", { Notes: "Bites, barks, sheds" }, { owner: { note: "Bites, barks, sheds" } }),
    stored("lines in a cell", { Notes: "Line 1\r\nLine 2" }, { owner: { note: "Line 1\nLine 2" } }),
    stored("an emoji", { Notes: "Loves 🐕‍🦺" }, { owner: { note: "Loves 🐕‍🦺" } }),
    stored("a lost zero", { zip: "2134" }, { owner: { postalCode: "02134" } }),
    stored("a number as a zip", { zip: "2134.0" }, { owner: { postalCode: "02134" } }),
    email("none", ""),
    email("N/A", ""),
    email(`mailto:A${n}@Example.com`, `A${n}@Example.com`),
    email(`Anna <a${n}@example.com>`, `a${n}@example.com`),
    email(`a${n}@example.com; b${n}@example.com`, `a${n}@example.com`),
    email(` a${n}@example.com, `, `a${n}@example.com`),
    born("3/5/19", "2019-03-05"),
    born("03/05/2019", "2019-03-05"),
    born("12-25-2019", "2019-12-25"),
    born("43529", "2019-03-05"),
    born("43529.75", "2019-03-05"),
    born("Mar 5, 2019", "2019-03-05"),
    born("5-Mar-19", "2019-03-05"),
    born("Tuesday, March 5, 2019", "2019-03-05"),
    born("2019-03-05 00:00:00", "2019-03-05"),
    born("2019-03-05T00:00:00.000Z", "2019-03-05"),
    born("March 2020", "2020-03"),
    born("2020", "2020"),
    born("unknown", ""),
    born("0", ""),
    stored("a spreadsheet's date as the first visit", { "Client Since": "43890" }, { owner: { since: "2020-02-29" } }),
    stored("no first visit", { "Client Since": "-" }, { owner: { since: "" } }),
    sex("M/N", "MALE fixed"),
    sex("FS", "FEMALE fixed"),
    sex("F/S", "FEMALE fixed"),
    sex("Male - Neutered", "MALE fixed"),
    sex("spayed female", "FEMALE fixed"),
    sex("Female (not spayed)", "FEMALE intact"),
    sex("boy", "MALE"),
    sex("unknown", ""),
    sex("", ""),
    weight("12 lbs", "12 POUND"),
    weight("12lbs.", "12 POUND"),
    weight("12", "12 POUND"),
    weight("12#", "12 POUND"),
    weight("12 lb 4 oz", "12.25 POUND"),
    weight("5,4 kg", "5.4 KILOGRAM"),
    weight("~ 30 lbs", "30 POUND"),
    weight("n/a", ""),
    stored("a species in other words", { Species: "CANINE" }, { pet: { kind: "DOG" } }),
    stored("a kitten", { Species: "kitten", Breed: "DSH" }, { pet: { kind: "CAT", breed: "DSH" } }),
    stored("no pet", { ...noPet }, { pet: "none" }),
    stored("a pet of which all cells say nothing", { ...noPet, "Pet Name": "n/a", Species: "-" }, { pet: "none" }),
    { name: "a second pet of the owner", repeats: "pet" },
    { name: "the same row again", repeats: "owner" },
    { name: "the same row with another note", repeats: "other cells" },
    {
      name: "empty cells behind the last one",
      line: (bytes) => Buffer.concat([bytes.subarray(0, -2), Buffer.from(",,,\r\n")]),
    },
    { name: "cells missing at the end", line: (bytes) => Buffer.concat([bytes.subarray(0, -3), Buffer.from("\r\n")]) },
    { name: "a line that ends as on Unix", line: (bytes) => Buffer.concat([bytes.subarray(0, -2), Buffer.from("\n")]) },
    { name: "blank lines before", line: (bytes) => Buffer.concat([Buffer.from("\r\n,,,,,\r\n  \r\n"), bytes]) },
  ];
}

const badPhone = "Correct the number, clear the cell, or add the country code with a plus.";
const badDate = "Write a date such as 2019-03-05, or clear the cell.";
const badSex = "Write male or female, with neutered or spayed if known.";
const noValue = "Replace the formula by its value.";

/** Dirt that no rule can read. */
export function refusedDirt(n: number): readonly Dirt[] {
  const long = (length: number) => "x".repeat(length);
  return [
    refused("Owner First Name", "", "The first name is missing.", withoutIt("Add the first name.", "first-name")),
    refused("Owner First Name", "   ", "The first name is missing.", withoutIt("Add the first name.", "first-name")),
    refused("Surname", "", "The last name is missing.", withoutIt("Add the last name.", "last-name")),
    refused("Surname", long(101), "The text has more than 100 characters.", "Shorten the text."),
    refused("Surname", "Le\u0007e", "The cell has a character that cannot be seen.", "Write the cell again."),
    refused(
      "Cell Phone",
      "",
      "The row has no phone number.",
      withoutIt("Add one. The company looks its customers up by phone.", "phone"),
    ),
    refused("Cell Phone", `556-${1_000 + n}`, "The phone number is too short; its area code may be missing.", badPhone),
    refused("Cell Phone", "2.13E+09", "A spreadsheet rounded the phone number, so that digits are lost.", badPhone),
    refused("Cell Phone", "ask Mom", "The cell has no phone number.", badPhone),
    refused(
      "Cell Phone",
      `(212) 557-${1_000 + n} / ${1_000 + n}`,
      "The cell has several phone numbers, and one of them cannot be read.",
      "Write each number in full, with a semicolon between them.",
    ),
    refused("E-mail", "anna@", "The email address is not valid.", "Correct the address, or clear the cell."),
    refused(
      "E-mail",
      "anna at example.com",
      "The email address is not valid.",
      "Correct the address, or clear the cell.",
    ),
    refused("DOB", "2/30/2019", "The date does not exist.", "Correct the day, the month or the year."),
    refused("DOB", "25/12/2019", "The date does not exist.", "Correct the day, the month or the year."),
    refused("DOB", "2091-01-01", "The birthday is in the future.", "Correct the date."),
    refused("DOB", "last summer", "The cell is not a date.", badDate),
    refused("DOB", "4 years", "The cell is not a date.", badDate),
    refused(
      "DOB",
      "1551762000",
      "The cell has a number instead of a date; it can be the seconds since 1970.",
      "Use the preset of the system that wrote the file, or write dates such as 2019-03-05.",
    ),
    refused("Client Since", "March 2020", "The date has no day.", "Write the whole date."),
    refused("Client Since", "2091-01-01", "The time is in the future.", "Correct the date."),
    refused("Sex", "purple", "The sex of the pet cannot be read.", badSex),
    refused("Weight", "heavy", "The weight cannot be read.", "Write one weight, for example 12 lb or 5.4 kg."),
    refused("Weight", "12-15 lbs", "The weight cannot be read.", "Write one weight, for example 12 lb or 5.4 kg."),
    refused("Weight", "9000 lb", "The weight is more than an animal has.", "Correct the weight."),
    refused(
      "Species",
      "Dgo",
      "The type of the animal is not known.",
      "Write dog, cat or another type that the company has, or Other.",
    ),
    refused(
      "Species",
      "",
      "The row does not say what kind of animal the pet is.",
      "Add a column with the species, or state --species dog.",
    ),
    refused(
      "Breed",
      "",
      "The breed of the pet is missing.",
      withoutIt("Add it. Write mixed or unknown if it is not known.", "breed"),
    ),
    refused("Pet Name", "", "The name of the pet is missing.", "Add it, or clear the cells of the pet."),
    refused("Pet Name", "n/a", "The name of the pet is missing.", "Add it, or clear the cells of the pet."),
    refused("Notes", "=A1+B1", "The cell is a formula.", noValue),
    refused("Notes", '=HYPERLINK("http://example.com")', "The cell is a formula.", noValue),
    refused("Notes", long(100_001), "The cell has more than 100,000 characters.", "Shorten the text."),
    refused("Notes", long(10_001), "The text has more than 10,000 characters.", "Shorten the text."),
    broken("a cell of 1 MiB", (line) => Buffer.concat([Buffer.alloc(1 << 20, "x"), line]), {
      reason: "The row has more than 1,048,576 characters.",
      remedy: "Shorten its texts, or check for a missing line break.",
    }),
    broken("a line of 3 MiB", (line) => Buffer.concat([Buffer.alloc(3 << 20, "a,"), line]), {
      reason: "The row has more than 1,048,576 characters.",
      remedy: "Shorten its texts, or check for a missing line break.",
    }),
    broken("bytes of another encoding", (line) => Buffer.concat([Buffer.from([0xe9, 0xe8]), line]), {
      reason: "The row has bytes that are not of the encoding of the file.",
      remedy: "Save the file as UTF-8, or state its encoding with --encoding.",
    }),
    broken("a zero byte", (line) => Buffer.concat([Buffer.from([0x4c, 0]), line]), {
      reason: "The row has a byte that no text has.",
      remedy: "Write the row again, or save the file again as CSV.",
    }),
    broken("more cells than the header", (line) => Buffer.concat([line.subarray(0, -2), Buffer.from(",more\r\n")]), {
      reason: "The row has more cells than the header.",
      remedy: "Put a cell that contains the delimiter into quotes.",
    }),
    broken("a quote within a cell", (line) => Buffer.concat([Buffer.from('"Rex" the dog,'), line]), {
      reason: "A quote ends within a cell.",
      remedy: "Write a quote within a quoted cell twice, or remove the quotes.",
    }),
    {
      name: "two faults",
      cells: { "E-mail": "anna@", Weight: "heavy" },
      faults: [
        {
          column: "E-mail",
          reason: "The email address is not valid.",
          remedy: "Correct the address, or clear the cell.",
        },
        {
          column: "Weight",
          reason: "The weight cannot be read.",
          remedy: "Write one weight, for example 12 lb or 5.4 kg.",
        },
      ],
    },
  ];
}

/** The last row of the file: a quote that nothing closes must not hide the rows before it. */
export const openQuote: Dirt = broken(
  "a quote that is not closed",
  (line) => Buffer.concat([line.subarray(0, -2), Buffer.from('"ball\r\n')]),
  {
    reason: "A quote is opened in this row and never closed.",
    remedy: "Remove the quote, or close it. Write a quote within a quoted cell twice.",
  },
);

function withoutIt(remedy: string, what: string): string {
  return `${remedy} Or import the row without it: --allow-missing ${what}.`;
}
