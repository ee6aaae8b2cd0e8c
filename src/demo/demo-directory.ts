/** One row by column name. All rows of a list have the same columns. Times are RFC 3339 strings. */
export type Row = Readonly<Record<string, unknown>>;

/** Rows by table, in insertion order. */
export type Tables = readonly (readonly [table: string, rows: readonly Row[]])[];

/** The company of the printed examples, and a second one that demonstrates tenant isolation. */
export const demoCompanyIds = { first: "cmp_001", second: "cmp_002" } as const;

/** The actor of everything that the seed writes. */
export const demoStaffId = "staff_001";

const { first, second } = demoCompanyIds;

export const companies: readonly Row[] = [
  {
    id: first,
    name: "Happy Paws Grooming",
    country: "US",
    time_zone: "America/New_York",
    upcoming_appointments_url_template: "https://booking.example.com/happy-paws/{customer_id}",
  },
  {
    id: second,
    name: "Maple Leaf Pet Hotel",
    country: "CA",
    time_zone: "America/Toronto",
    upcoming_appointments_url_template: null,
  },
];

export const businesses: readonly Row[] = [
  business(first, "biz_001", "Happy Paws Downtown", {
    phone: "+12125550100",
    email: "downtown@happypaws.example",
    website: "https://happypaws.example/downtown",
    address: place("addr_biz_001", "350 Fifth Avenue", "New York", "NY", "10118", "US", [40.7484, -73.9857]),
  }),
  business(first, "bus_001", "Happy Paws Brooklyn", {
    phone: "+17185550101",
    email: "brooklyn@happypaws.example",
    website: "https://happypaws.example/brooklyn",
    address: place("addr_bus_001", "1 Hanson Place", "Brooklyn", "NY", "11243", "US", [40.6853, -73.978]),
  }),
  // The id of a location of the first company: ids are unique only within a company.
  business(second, "biz_001", "Maple Leaf Queen Street", {
    phone: "+14165550102",
    email: "queen@mapleleafpets.example",
    website: "https://mapleleafpets.example",
    address: place("addr_biz_001", "100 Queen Street West", "Toronto", "ON", "M5H 2N2", "CA", [43.6534, -79.3841]),
  }),
];

export const staff: readonly Row[] = [
  member(first, "staff_001", ["Alice", "Nguyen"], { role: "Owner", businesses: ["biz_001", "bus_001"] }),
  member(first, "staff_002", ["Ben", "Carter"], { role: "Groomer", businesses: ["biz_001"] }),
  member(second, "staff_001", ["Chloe", "Tremblay"], { role: "Owner", businesses: ["biz_001"] }),
];

interface Contact {
  readonly phone: string;
  readonly email: string;
  readonly website: string;
  readonly address: Row;
}

function business(companyId: string, id: string, name: string, contact: Contact): Row {
  return { company_id: companyId, id, name, business_phone: contact.phone, ...contact };
}

/** The format of the column `business.address`. */
function place(
  id: string,
  address1: string,
  city: string,
  state: string,
  postalCode: string,
  country: string,
  [latitude, longitude]: readonly [number, number],
): Row {
  return {
    id,
    address1,
    address2: "",
    city,
    state,
    postalCode,
    country,
    coordinate: { latitude, longitude },
    type: "PRIMARY",
  };
}

function member(
  companyId: string,
  id: string,
  [firstName, lastName]: readonly [string, string],
  work: { readonly role: string; readonly businesses: readonly string[] },
): Row {
  return {
    company_id: companyId,
    id,
    first_name: firstName,
    last_name: lastName,
    email: `${firstName.toLowerCase()}@${companyId.replace("_", "-")}.example`,
    role_id: `role_${work.role.toLowerCase()}`,
    role_name: work.role,
    hired_time: "2022-06-01T09:00:00Z",
    working_business_ids: work.businesses,
  };
}
