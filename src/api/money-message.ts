import { create } from "@bufbuild/protobuf";
import { z } from "zod";
import { type Money, priceFaults } from "../core/money.js";
import { MoneySchema } from "../gen/proto/google/type/money_pb.js";
import { customIssue } from "./parse.js";

/** A non-negative `google.type.Money`. */
export const price = z
  .object({ currencyCode: z.string(), units: z.bigint(), nanos: z.number() })
  .transform((given, context): Money => {
    for (const { member, reason, description } of priceFaults(given)) {
      context.addIssue({ ...customIssue(reason, description), path: [member] });
    }
    return given;
  });

export function toProtoMoney(money: Money) {
  return create(MoneySchema, money);
}
