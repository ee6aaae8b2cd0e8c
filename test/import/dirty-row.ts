/** Headers as people write them. Each is a synonym or has another case. */
export const headers = [
  ...["Owner First Name", "Surname", "Cell Phone", "HOME PHONE", "E-mail", "Street address", "zip", "Client Since"],
  ...["Notes", "Tags", "Pet Name", "Species", "Breed", "Sex", "Weight", "DOB", "Favorite toy"],
] as const;

export type Header = (typeof headers)[number];

export type Cells = Readonly<Record<Header, string>>;

/** An owner as it must be stored. */
export interface StoredOwner {
  readonly name: string;
  /** Numbers with their extensions, the main phone first. */
  readonly phones: string;
  readonly email: string;
  readonly postalCode: string;
  /** `yyyy-MM-dd` in UTC. Empty if the row does not say it. */
  readonly since: string;
  readonly note: string;
}

/** A pet as it must be stored. */
export interface StoredPet {
  readonly owner: string;
  readonly name: string;
  readonly kind: string;
  readonly breed: string;
  readonly sex: string;
  readonly weight: string;
  readonly born: string;
}

export interface Fault {
  /** Empty if the whole row is at fault. */
  readonly column: Header | "";
  readonly reason: string;
  readonly remedy: string;
}

/** One kind of dirt, as a change of a clean row. */
export interface Dirt {
  readonly name: string;
  readonly cells?: Partial<Cells>;
  readonly owner?: Partial<StoredOwner>;
  readonly pet?: Partial<StoredPet> | "none";
  /** Why the row is refused. Absent: it is stored. */
  readonly faults?: readonly Fault[];
  /** What becomes of the line. */
  readonly line?: (line: Buffer) => Buffer;
  /** The row repeats the owner of the clean row before it. */
  readonly repeats?: "pet" | "owner" | "other cells";
}

/** A row of the file, and what must become of it. */
export interface MadeRow {
  readonly dirt: string;
  readonly line: Buffer;
  readonly outcome: "created" | "skipped" | "failed";
  readonly faults: readonly Fault[];
  readonly owner?: StoredOwner;
  readonly pet?: StoredPet;
}

const given = ["Anna", "Zoë", "José", "Siobhán", "Đorđe", "Nguyễn", "李", "Mary Jane", "Jean-Luc", "O’Neil"] as const;

/** A row without dirt. Its names and numbers belong to no other row. */
export function cleanRow(number: number): {
  readonly cells: Cells;
  readonly owner: StoredOwner;
  readonly pet: StoredPet;
} {
  const first = given[number % given.length] ?? "Anna";
  const last = `Lee${number}`;
  const line = String(1_000 + number);
  const email = `owner${number}@example.com`;
  return {
    cells: {
      ...{ "Owner First Name": first, Surname: last, "Cell Phone": `(212) 556-${line}`, "HOME PHONE": "" },
      ...{ "E-mail": email, "Street address": "1 Main St, Apt 2", zip: "10001", "Client Since": "2020-02-29" },
      ...{
        Notes: "",
        Tags: "",
        "Pet Name": `Rex${number}`,
        Species: "Dog",
        Breed: "Poodle",
        Sex: "M",
        Weight: "12 lb",
      },
      ...{ DOB: "2019-03-05", "Favorite toy": "" },
    },
    owner: {
      ...{ name: `${first} ${last}`, phones: `+1212556${line}`, email, postalCode: "10001", since: "2020-02-29" },
      note: "",
    },
    pet: {
      ...{ owner: `${first} ${last}`, name: `Rex${number}`, kind: "DOG", breed: "Poodle", sex: "MALE" },
      ...{ weight: "12 POUND", born: "2019-03-05" },
    },
  };
}

/** A line of CSV. Every cell is quoted where it must be. */
export function csvLine(cells: readonly string[]): string {
  const quoted = cells.map((cell) => (/[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell));
  return `${quoted.join(",")}\r\n`;
}
