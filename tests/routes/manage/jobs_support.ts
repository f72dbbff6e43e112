import { ADMIN_TOKEN, type TestApplication } from "../../support/application.ts";
import { bodyOf, countOf, type ServiceWithTemplates } from "../support.ts";
import assert from "node:assert/strict";

/** A CSV file for the service's text, with a row for each name. */
export function csvOf(names: readonly string[]): string {
  const rows = names.map((name, at) => `07900900${String(100 + at)},${name}`);
  return ["phone number,name", ...rows, ""].join("\n");
}

export const jobsOf = (service: { readonly id: string }) => `/manage/services/${service.id}/jobs`;

/** Uploads a recipient file for the service's text, as the operator. */
export async function upload(
  hark: TestApplication,
  service: ServiceWithTemplates,
  body: BodyInit,
  query: Readonly<Record<string, string>> = {},
  headers: Readonly<Record<string, string>> = { "content-type": "text/csv" },
): Promise<Response> {
  const params = new URLSearchParams({ template_id: service.sms, ...query });
  return await hark.request(`${jobsOf(service)}?${params}`, {
    method: "POST",
    headers: { authorization: `Bearer ${ADMIN_TOKEN}`, ...headers },
    body,
  });
}

/** Uploads a valid list, and returns its job. */
export async function newJob(
  hark: TestApplication,
  service: ServiceWithTemplates,
  names: readonly string[] = ["Ann", "Bob"],
  query: Readonly<Record<string, string>> = {},
) {
  return await bodyOf(await upload(hark, service, csvOf(names), query), 201);
}

/** Asserts that no job and no chunk is stored. */
export async function assertNothingKept(hark: TestApplication, label = ""): Promise<void> {
  assert.equal(await countOf(hark, "jobs"), 0, label);
  assert.equal(await countOf(hark, "job_parts"), 0, label);
}

/** Row, column and code of each error of a report. */
export const placesOf = (
  { errors }: { errors: readonly { row: number; column: string; code: string }[] },
) => errors.map(({ row, column, code }) => [row, column, code]);
