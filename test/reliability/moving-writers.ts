import { call, createCustomer } from "../faults/world.js";
import type { FollowedPlace } from "./followers.js";
import { type Random, randomOf } from "./run.js";
import { changeShortList, type MadeEntries } from "./short-lists.js";

/** What the writers have made, of which they pick. Other writers may have erased it since. */
interface Made {
  readonly customers: string[];
  readonly leads: string[];
  readonly pets: { readonly id: string; readonly customerId: string }[];
  readonly packages: string[];
  readonly merges: string[];
  readonly entries: MadeEntries;
}

/** Eight writers that create, change, move, promote, merge, archive, restore and erase for a while. Returns their writes. */
export async function writeAndMove(place: FollowedPlace, { seed, durationMs }: Writing): Promise<number> {
  const end = Date.now() + durationMs;
  const customers = [...place.followedIds];
  const made: Made = { customers, leads: [], pets: [], packages: [], merges: [], entries: new Map() };
  let writes = 0;
  const write = async (lane: number) => {
    const random = randomOf(`follower ${seed} ${lane}`);
    while (Date.now() < end || writes < leastWrites) {
      await step(place, made, random);
      writes += 1;
    }
  };
  await Promise.all(Array.from({ length: 8 }, (_, lane) => write(lane)));
  return writes;
}

/** As many as a loaded machine makes in the time of the short run would move too little. */
const leastWrites = 160;

interface Writing {
  readonly seed: number;
  readonly durationMs: number;
}

async function step(place: FollowedPlace, made: Made, random: Random): Promise<void> {
  const { companyId } = place;
  const admin = `admin/companies/${companyId}`;
  const business = random.pick([place.businessId, place.elsewhere]);
  const one = <T>(of: readonly T[]): T | undefined => (of.length > 0 ? random.pick(of) : undefined);
  const [customer, lead, pet, bought] = [one(made.customers), one(made.leads), one(made.pets), one(made.packages)];
  const send = (path: string, body?: object, method?: string) => sent(place, path, body, method);
  const kind = random.below(25);
  if (kind < 3 || !customer) {
    const { body } = await createCustomer(place, { preferredBusinessId: business });
    made.customers.push(body.id);
  } else if (kind < 5 || !lead) {
    const fields = { companyId, firstName: "Lena", phone: "+12125550122", preferredBusinessId: business };
    const { id } = await send("leads", { lead: { ...fields, pets: [{ name: "Rex", type: "DOG" }] } });
    if (id) made.leads.push(id);
  } else if (kind < 7 || !pet) {
    const { pet: created } = await send(`customers/${customer}/pets`, {
      pet: { name: "Bella", type: "DOG", breed: "Beagle" },
    });
    if (created) made.pets.push({ id: created.id, customerId: customer });
  } else if (kind === 7 || !bought) {
    const { packageDetail } = await send(`${admin}/packages`, { ...soldTo(customer, business) });
    if (packageDetail) made.packages.push(packageDetail.packageInfo.id);
  } else await changeOne({ kind, customer, lead, pet: pet.id, bought, business });

  async function changeOne(picked: Picked): Promise<void> {
    const state = random.pick(["archive", "restore"]);
    switch (picked.kind) {
      case 8:
      case 9:
      case 10:
        return void (await send(
          `customers/${customer}`,
          { companyId, preferredBusinessId: picked.business, firstName: `Ada${random.below(9)}` },
          "PUT",
        ));
      case 11:
        return void (await send(`leads/${lead}`, { lead: { preferredBusinessId: picked.business } }, "PUT"));
      case 12:
      case 13: {
        const { customer: promoted } = await send("leads:promote", { id: lead });
        if (promoted) made.customers.push(promoted.id);
        return;
      }
      case 14:
        return void (await send(`${admin}/customers/${customer}:${state}`, {}));
      case 15:
        return void (await send(`${admin}/leads/${lead}:${state}`, {}));
      case 16:
        return void (await send(`${admin}/pets/${picked.pet}:${state}`, {}));
      case 17:
        return void (await send(`${admin}/pets/${picked.pet}:move`, { customerId: customer }));
      case 20:
        return void (await send(`${admin}/packages/${picked.bought}:move`, {
          customerId: customer,
          reason: "A present",
        }));
      case 21:
        return void (await changeShortList(random, made.entries, send, companyId));
      case 22:
      case 23: {
        const { merge } = await send(`${admin}/customers/${customer}:merge`, { fromId: random.pick(made.customers) });
        if (merge) made.merges.push(merge.id);
        return;
      }
      case 24: {
        const merge = one(made.merges);
        return merge === undefined ? undefined : void (await send(`${admin}/merges/${merge}:undo`, {}));
      }
      case 18:
        return void (random.below(2) === 0
          ? await send(`${admin}/packages/${picked.bought}`, undefined, "DELETE")
          : await send(`${admin}/packages/${picked.bought}:restore`, {}));
      default: {
        const path = random.pick([`customers/${customer}`, `leads/${lead}`, `pets/${picked.pet}`]);
        return void (await send(`${admin}/${path}:erase`, {}));
      }
    }
  }
}

interface Picked {
  readonly kind: number;
  readonly customer: string;
  readonly lead: string;
  readonly pet: string;
  readonly bought: string;
  readonly business: string;
}

function soldTo(customerId: string, businessId: string) {
  const packagePrice = { currencyCode: "USD", units: "150" };
  const packageServices = [{ services: [{ serviceId: "srv" }], quantity: 5 }];
  return { customerId, businessId, packageName: "Five baths", packagePrice, packageServices };
}

const refusals = [
  ...["ARCHIVED", "RESOURCE_ERASED", "NOT_FOUND", "CONFLICT", "DEFAULT_LIFE_CYCLE", "TOO_MANY", "LIMIT_REACHED"],
  ...["PACKAGE_BALANCE_EXCEEDED", "PACKAGE_NOT_IN_FORCE"],
  // Merged meanwhile, or merged again.
  ...["RESOURCE_MERGED", "MERGE_NOT_UNDOABLE"],
];

/** Refusals are part of it: what is changed may be archived, promoted or erased by now. Faults are not. */
async function sent(place: FollowedPlace, path: string, body?: object, method?: string) {
  const answer = await call(place, path, body, method === undefined ? {} : { method });
  if (answer.status === 200) return answer.body;
  if (answer.status === 404 || answer.status === 409) return {};
  if (answer.status === 400 && refusals.some((reason) => answer.text.includes(reason))) return {};
  throw new Error(`${path}: ${answer.text}`);
}
