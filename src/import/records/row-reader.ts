import { formulaCell, freeText, isFormula, isRefusal, type Reading } from "../cells/cell.js";
import type { DayOrder } from "../cells/date-cell.js";
import type { WeightUnit } from "../cells/pet-cells.js";
import type { Column, ColumnPlan } from "../columns/column-plan.js";
import type { FileRow, Refusal } from "../reading/row.js";
import type { Lack, MayLack } from "./missing-value.js";
import type { NamedSetting } from "./named-setting.js";

/** What the rows of a file have in common. */
export interface ImportSettings {
  readonly companyId: string;
  /** ISO 3166-1 alpha-2, of the company. */
  readonly country: string;
  /** IANA time zone id, of the company. */
  readonly timeZone: string;
  /** Today in the company, `yyyy-MM-dd`. */
  readonly today: string;
  readonly now: Date;
  readonly dayOrder?: DayOrder | undefined;
  /** Fields whose columns count seconds since 1970. */
  readonly unixFields: readonly string[];
  /** Of weights without a unit. */
  readonly weightUnit?: WeightUnit | undefined;
  /** Location of owners whose row names none. */
  readonly businessId?: string | undefined;
  /** Locations of the company, by id and by name in lower case. */
  readonly businessIds: ReadonlyMap<string, string>;
  /** Type of pets whose row states none, as a cell would have it. */
  readonly species?: string | undefined;
  /** What a record may lack if its row lacks it. */
  readonly mayLack: ReadonlySet<MayLack>;
  /** The tag of owners who lack something. */
  readonly incompleteTag?: NamedSetting | undefined;
}

/** A cell, or a whole row, that keeps a row from being imported. */
export interface RowFault extends Refusal {
  readonly row: number;
  /** Header of the column. Empty if the fault is of the whole row. */
  readonly column: string;
  /** Text of the cell. Only for the errors file, which is of the person who has the file. */
  readonly value: string;
  /** Whether the row was imported nevertheless. */
  readonly isWarning?: boolean;
}

/** Access to the cells of one row by field. Faults and remarks gather here. */
export interface RowReader {
  readonly row: number;
  readonly faults: RowFault[];
  /** What was imported in another form than the cell has it. */
  readonly remarks: Remark[];
  /** What is imported without a value. */
  readonly lacks: Lack[];
  has(field: string): boolean;
  text(field: string): string;
  /** Reads a cell by a rule. Undefined if it is empty or refused; the fault is then recorded. */
  read<T>(field: string, rule: (cell: string) => Reading<T>): T | undefined;
  refuse(field: string, refusal: Refusal): void;
  remark(field: string, text: string): void;
  /** The columns that are used as notes or custom fields. */
  others(kind: "note" | "custom"): readonly OtherCell[];
}

export interface Remark {
  readonly field: string;
  readonly text: string;
}

export interface OtherCell {
  readonly column: Column;
  readonly text: string;
}

/** Positions of the fields, once for all rows. */
export interface PlannedFields {
  readonly plan: ColumnPlan;
  readonly byField: ReadonlyMap<string, Column>;
}

export function planFields(plan: ColumnPlan): PlannedFields {
  const entries = plan.columns.flatMap((column) =>
    column.use.kind === "field" ? [[column.use.field, column] as const] : [],
  );
  return { plan, byField: new Map(entries) };
}

export function readRow({ row, cells, refusal, refused = [] }: FileRow, { plan, byField }: PlannedFields): RowReader {
  const faults: RowFault[] = [];
  const remarks: Remark[] = [];
  const cellOf = (column: Column | undefined) => (column ? (cells[column.position] ?? "") : "");
  const add = (column: Column | undefined, { reason, remedy }: Refusal) => {
    faults.push({ row, column: column?.header ?? "", value: cellOf(column).slice(0, maxShownChars), reason, remedy });
  };
  if (refusal) add(undefined, refusal);
  if (!refusal && cells.length > plan.columns.length && cells.slice(plan.columns.length).some((cell) => cell !== "")) {
    add(undefined, tooManyCells);
  }
  for (const one of refused) {
    const column = plan.columns[one.column];
    if (column && column.use.kind !== "drop") add(column, one);
  }
  for (const column of plan.columns)
    if (column.use.kind !== "drop" && isFormula(cellOf(column))) add(column, formulaCell);
  return {
    ...{ row, faults, remarks, lacks: [] },
    has: (field) => byField.has(field),
    text: (field) => freeText(cellOf(byField.get(field))),
    read(field, rule) {
      const column = byField.get(field);
      const cell = cellOf(column);
      if (cell === "" || isFormula(cell)) return undefined;
      const reading = rule(cell);
      if (!isRefusal(reading)) return reading;
      add(column, reading);
      return undefined;
    },
    refuse: (field, found) => add(byField.get(field), found),
    remark(field, text) {
      remarks.push({ field, text });
    },
    others: (kind) =>
      plan.columns.flatMap((column) => {
        const text = column.use.kind === kind ? freeText(cellOf(column)) : "";
        return text === "" ? [] : [{ column, text }];
      }),
  };
}

const maxShownChars = 200;

const tooManyCells: Refusal = {
  reason: "The row has more cells than the header.",
  remedy: "Put a cell that contains the delimiter into quotes.",
};
