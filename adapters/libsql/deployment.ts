import { parseServiceId, type ServiceId } from "../../domain/ids.ts";
import type { ManagementStore } from "../../domain/management_ports.ts";
import { DEFAULT_SETTINGS } from "../../domain/service.ts";
import type { Database } from "./database.ts";
import { rowsOf, text } from "./row.ts";

const REGISTRY_SERVICE = "registry_service_id";

/** The name of the service that is made for the registries' surface; it can be changed. */
export const REGISTRY_SERVICE_NAME = "Registry";

/** The registries are Ukraine's. */
const REGISTRY_SETTINGS = {
  ...DEFAULT_SETTINGS,
  country: "UA",
  language: "uk",
  time_zone: "Europe/Kyiv",
} as const;

/**
 * The service that the registries' templates and inboxes belong to: the one that is named, or the one that an earlier
 * start made, or a new one. Of several processes that start at once, one makes it.
 */
export async function openRegistryService(
  { db, management, newId, now }: {
    readonly db: Database;
    readonly management: ManagementStore;
    readonly newId: () => string;
    readonly now: number;
  },
  named: ServiceId | undefined,
): Promise<ServiceId> {
  const id = named ?? await rememberedId(db, newId);
  if (await management.getService(id) !== undefined) return id;
  const service = {
    id,
    name: REGISTRY_SERVICE_NAME,
    mode: "live",
    active: true,
    settings: REGISTRY_SETTINGS,
  } as const;
  try {
    await management.createService(service, now);
  } catch (error) {
    // Another may have been quicker.
    if (await management.getService(id) === undefined) throw error;
  }
  return id;
}

async function rememberedId(db: Database, newId: () => string): Promise<ServiceId> {
  const results = await db.write([
    {
      sql: "INSERT INTO deployment (name, value) VALUES (?, ?) ON CONFLICT (name) DO NOTHING",
      args: [REGISTRY_SERVICE, newId()],
    },
    { sql: "SELECT value FROM deployment WHERE name = ?", args: [REGISTRY_SERVICE] },
  ]);
  const [row] = rowsOf(results, 1);
  const id = row === undefined ? undefined : parseServiceId(text(row, "value"));
  if (id === undefined) throw new Error("the deployment has no registry service");
  return id;
}
