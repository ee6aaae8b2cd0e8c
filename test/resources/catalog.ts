import { SettingService } from "../../src/gen/proto/moego/business/setting/v1/setting_service_pb.js";
import { done, newId, type Place, put } from "../reliability/changing-list.js";
import { newService } from "../support/new-setting.js";
import { offeredService } from "../support/setting-rows.js";
import { entry, type RpcEntry } from "./entry.js";
import { isFilter } from "./tenancy.js";
import { reading } from "./texts.js";
import { ascending, company, numbers, placeOf, rowId, rowName } from "./walk.js";

const { getService, listServices, createService, updateService } = SettingService.method;
const companyId = "cmp_a";
const foreignIds = { id: "srv_c1" };

const read = (id: string) => reading(getService, { companyId, id });

const serviceRow = (id: string, place: number) =>
  offeredService(company, id, rowName(place), { available_all_business: true });
const byName = { ids: ascending, table: "service", nameColumns: ["name"], stranger: serviceRow };

const services = ({ companyId: id }: Place) => `setting/companies/${id}/services`;

export const catalog: readonly RpcEntry[] = [
  entry(getService, { request: { companyId, id: "srv_a1" }, foreignIds }),
  entry(listServices, {
    request: { companyId, pagination: {} },
    rows: [["service", numbers.map((n) => serviceRow(rowId(n), placeOf(n)))]],
    walks: [
      {
        ...byName,
        order: "by name",
        request: { companyId: company },
        otherRequest: { companyId: company, showArchived: true },
      },
      {
        ...byName,
        order: "by name under a filter by location",
        request: { companyId: company, businessIds: ["biz_l"] },
        otherRequest: { companyId: company, businessIds: ["biz_x"] },
      },
    ],
    tenancy: { idFields: { business_ids: isFilter } },
    changing: {
      name: "services",
      path: (place) => `${services(place)}:list`,
      request: () => ({}),
      rows: "services",
      insert: async (place, name) =>
        (await done(place, services(place), { name, serviceItemType: "GROOMING", serviceType: "ADDON" })).id,
      update: (place, id) => put(place, `${services(place)}/${id}`, { category: newId() }),
      remove: (place, id) => put(place, `${services(place)}/${id}`, { inactive: true }),
      byName: {
        nameOf: (row) => row.name,
        rename: (place, id, name) => put(place, `${services(place)}/${id}`, { name }),
      },
    },
  }),
  entry(createService, {
    request: newService,
    repeat: async () => ({
      good: newService,
      other: { ...newService, name: "Ears" },
      bad: { ...newService, availableStaffIds: ["staff_z"] },
    }),
    texts: { reading: ({ id }) => read(id) },
  }),
  entry(updateService, {
    request: { companyId, id: "srv_a3", name: "Renamed" },
    foreignIds,
    async repeat(server) {
      const { id } = await server.ok(createService, newService);
      return {
        good: { companyId, id, serviceTime: 10 },
        other: { companyId, id, serviceTime: 20 },
        bad: { companyId, id, availableBusinessIds: ["biz_z"] },
      };
    },
    texts: { reading: ({ id }) => read(id) },
  }),
];
