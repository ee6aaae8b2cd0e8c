import { create } from "@bufbuild/protobuf";
import { parse } from "../api/parse.js";
import { companyAccessFilter } from "../core/access.js";
import { nameCursor } from "../core/page.js";
import { CreateStaffRequestSchema } from "../gen/proto/moego/admin/v1/staff_pb.js";
import { newStaff } from "../resources/directory/directory.input.js";
import type { Staff } from "../resources/directory/directory.model.js";
import { createDirectoryAdmin } from "../resources/directory/directory.service.js";
import { type Command, itemNames, outJson, toColumns, withOptionNames } from "./command.js";
import { withCompany } from "./company-session.js";
import type * as declared from "./declarations/staff.js";
import { readPages } from "./read-pages.js";

/** `moego staff create`: CreateStaff, with the fields that a first staff member needs. */
export const createStaff: Command<typeof declared.createStaff> = async (values, context) => {
  const { company: companyId, "first-name": firstName, "last-name": lastName = "", location, json } = values;
  const { id = "", email = "", phone = "" } = values;
  const names = {
    ...{ id: "--id", first_name: "--first-name", last_name: "--last-name", email: "--email", phone: "--phone" },
    ...itemNames(
      "working_business_ids",
      location.map((one) => `--location ${one}`),
    ),
  };
  const staff = await withOptionNames(names, () =>
    withCompany(context, { companyId, rpc: "moego staff create" }, ({ access, principal, repositories, write }) => {
      const fields = { companyId, id, firstName, lastName, email, phone, workingBusinessIds: [...location] };
      const request = create(CreateStaffRequestSchema, fields);
      const input = parse(CreateStaffRequestSchema, request, newStaff(access.country));
      return createDirectoryAdmin(repositories.directoryAdmin).createStaff(input, principal, write);
    }),
  );
  if (json) return outJson(context.terminal, factsOf(staff));
  context.terminal.out(staff.id);
};

/** `moego staff list`: by name. */
export const listStaff: Command<typeof declared.listStaff> = async (values, context) => {
  const { company: companyId, archived: showArchived, json } = values;
  const all = await withCompany(context, { companyId, rpc: "moego staff list" }, ({ access, repositories, write }) => {
    const accessFilter = companyAccessFilter(access);
    const cursorOf = ({ id, firstName, lastName }: Staff) => nameCursor(id, firstName, lastName);
    return readPages(cursorOf, (page) =>
      repositories.directory.listStaff({ accessFilter, page, showArchived }, write.signal),
    );
  });
  if (json) return outJson(context.terminal, all.map(factsOf));
  const rows = all.map(({ id, firstName, lastName, email, workingBusinessIds, archived }) => [
    ...[id, `${firstName} ${lastName}`.trim(), email, workingBusinessIds.join(","), archived ? "archived" : "active"],
  ]);
  for (const line of toColumns([["ID", "NAME", "EMAIL", "LOCATIONS", "STATE"], ...rows])) context.terminal.out(line);
};

function factsOf({ companyId, id, firstName, lastName, email, phone, workingBusinessIds, archived }: Staff) {
  return { id, companyId, firstName, lastName, email, phone, locationIds: workingBusinessIds, archived };
}
