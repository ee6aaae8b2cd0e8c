import { refusal } from "../cells/cell.js";
import type { PackageDraft } from "../records/package-record.js";

/** What tells packages of an earlier run that can be this one, whatever names its owner and itself in the file. */
export interface Purchase {
  readonly customerId: string;
  readonly templateId: string;
  readonly since: Date;
  readonly until: Date;
  /** Of a package with an id: the key that it would have without. */
  readonly keyWithoutId?: string;
  /** Whether earlier rows have the same customer, template and day, and no ids tell them apart. */
  readonly isRepeated: boolean;
}

/**
 * What identifies a package: its id in the file, or its customer, template and day. The customer is the stored one, so that
 * another way to name it in a row does not sell the package again.
 */
export function packageIdentity(
  { sourceId, templateId, day }: Pick<PackageDraft, "sourceId" | "templateId" | "day">,
  customerId: string,
  nth: number,
): string {
  if (sourceId !== "") return `id ${sourceId}`;
  return `of ${customerId} ${templateId} ${day}${nth > 1 ? ` ${nth}` : ""}`;
}

/** Two packages cannot have one id. The column can be one of package types. */
export const repeatedId = refusal(
  "An earlier row has the same package id with another owner or other cells.",
  "Correct the id. If the column does not have an id for each package, leave it out: --map COLUMN=drop.",
);
