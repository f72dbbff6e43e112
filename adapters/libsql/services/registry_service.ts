import { parseServiceId, type ServiceId } from "../../../domain/ids.ts";
import type { ManagementStore } from "../../../domain/ports/management_store.ts";
import { DEFAULT_SETTINGS, type ServiceSettings } from "../../../domain/service/service.ts";
import type { Database } from "../connection/database.ts";
import { rowsOf, text } from "../connection/row.ts";

const REGISTRY_SERVICE = "registry_service_id";

/** The name of the service that is created for the registries' API; it can be changed. */
export const REGISTRY_SERVICE_NAME = "Registry";

/** Its initial settings. The registries are Ukrainian, and so are the phone numbers that people enter. */
const REGISTRY_SETTINGS: ServiceSettings = {
  ...DEFAULT_SETTINGS,
  country: "UA",
  language: "uk",
  time_zone: "Europe/Kyiv",
};

/**
 * Returns the service that owns the registries' templates and inboxes: the configured one, or the one that an earlier
 * start created, or a new one. A configured service that does not exist is created with that id. Of several processes
 * that start concurrently, one creates it.
 */
export async function openRegistryService(
  { db, management, newId, now }: {
    readonly db: Database;
    readonly management: ManagementStore;
    readonly newId: () => string;
    readonly now: number;
  },
  configured: ServiceId | undefined,
): Promise<ServiceId> {
  const id = configured ?? await storedId(db, newId);
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
    // Another process may have created it meanwhile.
    if (await management.getService(id) === undefined) throw error;
  }
  return id;
}

async function storedId(db: Database, newId: () => string): Promise<ServiceId> {
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
