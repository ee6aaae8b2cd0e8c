import { throwIfInvalid, type Violation } from "../../core/errors.js";
import type { MovedUnits, MoveSituation } from "./package.model.js";
import { balanceExceeded, notInForce, requireUsable } from "./package-rules.service.js";

export interface Move {
  readonly customerId: string;
  readonly reason: string;
  /** What to move. Empty means all remaining units. */
  readonly items: readonly { readonly lineId: string; readonly quantity: number }[];
}

/** The units to move, if the package is neither deleted nor frozen and has them. */
export function unitsToMove(situation: MoveSituation, { customerId, items }: Move): readonly MovedUnits[] {
  const { detail, hasCustomer } = situation;
  requireUsable(situation);
  const isOwner = customerId === detail.customerId;
  const known = new Map(detail.lines.map((line) => [line.id, line]));
  throwIfInvalid([
    ...(isOwner ? [violation("customer_id", "CONFLICT", "Must be another customer.")] : []),
    ...(hasCustomer || isOwner ? [] : [violation("customer_id", "NOT_FOUND", "Not found in this company.")]),
    ...items.flatMap(({ lineId }, index) =>
      known.has(lineId)
        ? []
        : [violation(`items[${index}].package_service_id`, "NOT_FOUND", "Not found in this package.")],
    ),
  ]);
  if (detail.frozenTime) throw notInForce(detail);
  const units = items.flatMap(({ lineId, quantity }) => {
    const line = known.get(lineId);
    return line ? [{ line, quantity }] : [];
  });
  for (const { line, quantity } of units) if (quantity > line.remainingQuantity) throw balanceExceeded(line, -quantity);
  if (items.length > 0) return units;
  const left = detail.lines.filter(({ remainingQuantity }) => remainingQuantity > 0);
  const [first] = detail.lines;
  if (left.length === 0 && first) throw balanceExceeded(first, -1);
  return left.map((line) => ({ line, quantity: line.remainingQuantity }));
}

function violation(field: string, reason: Violation["reason"], description: string): Violation {
  return { field, reason, description };
}
