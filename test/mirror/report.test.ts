import { expect, it } from "vitest";
import { createReport } from "../../src/mirror/report.js";

it("lists what could not be read up to a limit, once for each record, and says when there is more", () => {
  const report = createReport();
  const remarkAll = () => {
    for (let n = 0; n < 10_000; n += 1) report.remark("customer", `cus_${n}`, "phone cannot be read");
  };
  remarkAll();
  remarkAll();
  const line = "customer: phone cannot be read: 10000 (cus_0, cus_1, cus_2, cus_3, cus_4, ...)";
  expect(report.lines()).toEqual([line]);
  report.remark("customer", "cus_10000", "phone cannot be read");
  expect(report.lines()).toEqual([line, "More could not be read than is listed here."]);
});
