import fc from "fast-check";
import { CustomerSettingAdminService } from "../../src/gen/proto/moego/admin/v1/customer_setting_admin_service_pb.js";
import { nobody } from "./change.js";
import { authorOf, command } from "./command.js";
import { answer, notFound, refusal } from "./outcome.js";
import { pick, which } from "./samples.js";
import { tagView } from "./views.js";
import { newTime, type Tag, textOf, type World } from "./world.js";

/** Decisions 9: an archived tag stays on the customers that carry it; what is so already is answered as it is. */
export const archiveTag = archiving("ArchiveTag", true);
export const restoreTag = archiving("RestoreTag", false);

function archiving(rpc: string, archived: boolean) {
  const { archiveTag: archive, restoreTag: restore } = CustomerSettingAdminService.method;
  return command({
    rpc,
    input: fc.record({ at: which }),
    plan({ at }, world, { by }) {
      const target = pick(world.tags, at);
      const id = target ? textOf(target.id) : nobody;
      const current = () => world.tags.find((tag) => tag.id === target?.id);
      const again = () => {
        const now = current();
        return now ? answer({ tag: tagView(now) }) : notFound;
      };
      return {
        method: archived ? archive : restore,
        request: { companyId: world.companyId, id },
        check: () => (by === "location" ? refusal("PERMISSION_DENIED", "SCOPE_REQUIRED") : undefined),
        run() {
          const before = current();
          if (before && before.archived !== archived) {
            const stamp = { lastUpdatedBy: authorOf(by), lastUpdatedTime: newTime() };
            replaceTag(world, before, { ...before, archived, ...stamp });
          }
          return again();
        },
        again,
      };
    },
  });
}

/** In the company's list and on every customer that carries it, none of which changes by it. */
function replaceTag(world: World, before: Tag, after: Tag): void {
  const replaced = (tags: readonly Tag[]) => tags.map((tag) => (tag === before ? after : tag));
  world.tags.splice(0, world.tags.length, ...replaced(world.tags));
  const customers = world.customers.map((one) => ({ ...one, tags: replaced(one.tags) }));
  world.customers.splice(0, customers.length, ...customers);
}
