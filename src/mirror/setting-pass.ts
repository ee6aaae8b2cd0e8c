import type { MirroredKind, MirrorRepository } from "../resources/mirrors/mirror.model.js";
import { businessRecord, staffRecord } from "./directory-records.js";
import type { MirrorContext, Reading } from "./mirror-context.js";
import { asRead, type Item, type RecordStore } from "./record-store.js";
import type { References } from "./references.js";
import { settingRecord, settingSources } from "./setting-records.js";
import type { Source } from "./source.js";
import { idOf, readAll, recordsIn } from "./walk.js";

interface SettingPass {
  readonly source: Source;
  readonly context: MirrorContext;
  readonly repository: MirrorRepository;
  readonly store: RecordStore;
  readonly references: References;
  readingOf(kind: MirroredKind, id: string): Reading;
}

/** Stores locations, staff and lists of settings, which the other records refer to. */
export async function storeSettings(pass: SettingPass): Promise<void> {
  await storeDirectory(pass);
  await storeLists(pass);
}

async function storeDirectory(pass: SettingPass): Promise<void> {
  const { source, context, readingOf } = pass;
  const { companyId, isExtended } = context;
  const archived = isExtended ? { showArchived: true } : {};
  const businesses = { path: "/v1/businesses:list", member: "businesses", request: { companyId, ...archived } };
  const staff = { path: "/v1/staffs:list", member: "staffs", request: { companyId } };
  for (const [kind, list] of [["business", businesses] as const, ["staff", staff] as const]) {
    const items = (await readAll(source, list)).map((json) => {
      const reading = readingOf(kind, idOf(json));
      return asRead(
        kind === "business" ? businessRecord(json, reading, json["archived"] === true) : staffRecord(json, reading),
      );
    });
    await storeListed(pass, kind, items);
  }
}

async function storeLists(pass: SettingPass): Promise<void> {
  const { source, context, readingOf } = pass;
  const { companyId, isExtended } = context;
  for (const setting of settingSources) {
    const { kind, path, member, isPaged } = setting;
    const list = { path: `/v1/setting/companies/${encodeURIComponent(companyId)}${path}`, member };
    const request = isExtended ? { showArchived: true } : {};
    const entries = isPaged
      ? await readAll(source, { ...list, request })
      : recordsIn(await source.post(list.path, request), member);
    const items = entries.map((json, position) => {
      const isArchived = json["archived"] === true;
      return asRead(settingRecord(setting, json, readingOf(kind, idOf(json)), { position, isArchived }));
    });
    await storeListed(pass, kind, items);
    if (!isExtended && kind !== "service")
      await archiveOthers(pass, kind, new Set(items.map(({ record }) => record.id)));
  }
}

async function storeListed({ store, references }: SettingPass, kind: MirroredKind, items: readonly Item[]) {
  await store.store(items);
  for (const { record } of items) references.add(kind, record.id);
}

/** A list of the published API has what is in use. */
async function archiveOthers(
  { context, repository, store, references }: SettingPass,
  kind: MirroredKind,
  listed: ReadonlySet<string>,
): Promise<void> {
  for (let after = ""; ; ) {
    const ids = await repository.ids(kind, after, 500);
    if (ids.length === 0) return;
    after = ids.at(-1) ?? "";
    const gone = ids.filter((id) => !listed.has(id));
    await store.store(
      gone.map((id) => {
        const archived = kind === "life_cycle" ? { is_default: false } : {};
        const row = { ...archived, archived_time: context.now().toISOString() };
        return asRead({ kind, id, row, parts: {} });
      }),
    );
    for (const id of gone) references.add(kind, id);
  }
}
