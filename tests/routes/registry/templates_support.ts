import { bodyOf } from "../support.ts";
import type { TestRegistry } from "./support.ts";

export const ATTRIBUTES = [
  { name: "actionType", value: "message" },
  { name: "templateType", value: "attention" },
  { name: "shortText", value: "In short" },
];

export async function listManaged(hark: TestRegistry): Promise<ReturnType<typeof JSON.parse>> {
  const path = `/manage/services/${hark.registryServiceId}/templates`;
  return (await bodyOf(await hark.manage("GET", path), 200)).templates;
}
