import { call, type Tenant } from "../faults/world.js";
import type { Random } from "./run.js";

/** A list of few entries, which is read as a whole. */
export interface ShortList {
  /** The last part of its route in administration. */
  readonly name: string;
  /** Where its entries are made and changed. */
  readonly route: (companyId: string) => string;
  readonly path: (companyId: string) => string;
  /** The member of the answer that holds the entries. */
  readonly rows: string;
  /** What shows the archived entries, too. */
  readonly all: object;
  /** What hides them. */
  readonly inUse: object;
  readonly content: (name: string) => object;
}

const admin = (name: string) => (companyId: string) => `admin/companies/${companyId}/${name}`;
const named = (name: string) => ({ name });
const archived = { all: { showArchived: true }, inUse: {} };

function setting(name: string, path: string, rows: string, content: ShortList["content"] = named): ShortList {
  const list = (companyId: string) => `setting/companies/${companyId}/${path}`;
  return { name, route: admin(name), path: list, rows, ...archived, content };
}

export const shortLists: readonly ShortList[] = [
  setting("tags", "customer/tags:list", "tags"),
  setting("referral_sources", "customer/referral_sources:list", "referralSources"),
  setting("life_cycles", "leads/life_cycles", "lifeCycles"),
  setting("action_statuses", "leads/action_status", "actionStatuses"),
  setting("pet_codes", "pet/codes:list", "codes", (abbreviation) => ({ abbreviation })),
  setting("pet_sizes", "pet/sizes:list", "petSizes"),
  setting("pet_types", "pet/types:list", "petTypes"),
  setting("pet_coat_types", "pet/coat_types:list", "petCoatTypes"),
  setting("custom_fields", "custom_fields", "customFields", (label) => ({
    ...{ label, code: label.toLowerCase(), associationType: "LEAD", type: "SHORT_TEXT" },
  })),
  {
    ...{ name: "vip_levels", rows: "vipLevels", ...archived, content: named },
    route: (companyId) => `callcenter/companies/${companyId}/vip_levels`,
    path: (companyId) => `callcenter/companies/${companyId}/vip_levels:list`,
  },
  {
    ...{ name: "businesses", rows: "businesses", route: admin("businesses"), path: () => "businesses:list" },
    ...{ ...archived, content: named },
  },
  {
    ...{ name: "staffs", rows: "staffs", route: admin("staffs"), path: () => "staffs:list" },
    ...{ all: { includeDeleted: true }, inUse: { includeDeleted: false } },
    ...{ content: (firstName: string) => ({ firstName }) },
  },
];

/** All entries of the list, or those in use. */
export async function entriesOf(caller: Tenant, { path, rows }: ShortList, shown: object) {
  const { companyId } = caller;
  const isPaged = rows === "businesses" || rows === "staffs";
  const page = isPaged ? { pagination: { pageSize: 500 } } : {};
  const answer = await call(caller, path(companyId), { companyId, ...page, ...shown });
  if (answer.status !== 200) throw new Error(answer.text);
  return answer.body[rows];
}

/** Ids that were made in each list. */
export type MadeEntries = Map<string, string[]>;

const most = 2;

/** Creates, renames, archives or restores an entry of one of the lists. */
export async function changeShortList(
  random: Random,
  made: MadeEntries,
  send: (path: string, body: object, method?: string) => Promise<Record<string, { readonly id: string }>>,
  companyId: string,
): Promise<void> {
  const { name, route, content } = random.pick(shortLists);
  const path = route(companyId);
  const known = made.get(name) ?? [];
  const text = `N${random.below(1_000_000)}`;
  if (known.length < most) {
    const [entry] = Object.values(await send(path, content(text)));
    if (entry) made.set(name, [...(made.get(name) ?? []), entry.id]);
    return;
  }
  const id = random.pick(known);
  const action = random.below(3);
  if (action > 0) await send(`${path}/${id}:${action === 1 ? "archive" : "restore"}`, {});
  else if (name !== "custom_fields") await send(`${path}/${id}`, content(text), "PUT");
  else await send(`${path}/${id}`, { label: text }, "PUT");
}
