import { httpClient } from "../clients.js";
import { measureOneByOne } from "../load.js";
import { companyId, secret } from "../rows.js";
import type { Service } from "../service.js";

export const latePage = 2_000;
const size = 50;
const turns = 40;

/** Times of page 2,000 by number as ratios to those of page 1, sent in turn. */
export async function latePageRatios({ httpUrl }: Service): Promise<readonly number[]> {
  const http = httpClient(httpUrl, secret);
  const timeOf = async (pageToken: string) => {
    const body = JSON.stringify({ companyId, pagination: { pageSize: size, pageToken } });
    const [time = Number.NaN] = await measureOneByOne(() => http.call("/v1/customers:list", body).answer, 1);
    return time;
  };
  const ratios: number[] = [];
  for (let turn = 0; turn < turns; turn += 1) {
    const first = await timeOf("1");
    ratios.push((await timeOf(String(latePage))) / first);
  }
  http.close();
  return ratios;
}
