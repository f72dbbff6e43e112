/** Hark's own service, through which it sends the messages of accounts. */
import {
  OWN_SERVICE_ID,
  OWN_SERVICE_NAME,
  OWN_SERVICE_SETTINGS,
  ownTemplates,
} from "../../domain/accounts/own_messages.ts";
import type { ManagementStore } from "../../domain/ports/management_store.ts";

/**
 * Creates Hark's own service with its templates, or brings them to this version. Several processes may call it at once.
 *
 * @returns how many templates were written
 */
export async function openOwnService(
  store: Pick<
    ManagementStore,
    | "getService"
    | "createService"
    | "getTemplates"
    | "getTemplate"
    | "createTemplate"
    | "updateTemplate"
    | "restoreTemplate"
  >,
  now: number,
): Promise<number> {
  if (await store.getService(OWN_SERVICE_ID) === undefined) {
    try {
      await store.createService({
        id: OWN_SERVICE_ID,
        name: OWN_SERVICE_NAME,
        mode: "live",
        active: true,
        settings: OWN_SERVICE_SETTINGS,
      }, now);
    } catch (error) {
      // Another process may have created it meanwhile.
      if (await store.getService(OWN_SERVICE_ID) === undefined) throw error;
    }
  }
  const templates = ownTemplates();
  const existing = new Map(
    (await store.getTemplates(OWN_SERVICE_ID, templates.map(({ id }) => id)))
      .map(({ template }) => [template.id, template]),
  );
  let written = 0;
  for (const { id, channel, name, subject, body } of templates) {
    const before = existing.get(id);
    // Only an older version or another program can have archived it. Without it, people get no such message.
    if (before?.archived === true) await store.restoreTemplate(OWN_SERVICE_ID, id, now);
    if (before === undefined) {
      try {
        await store.createTemplate(OWN_SERVICE_ID, { id, channel, name, subject, body }, now);
      } catch (error) {
        if (await store.getTemplate(OWN_SERVICE_ID, id) === undefined) throw error;
      }
    } else if (before.body !== body || before.subject !== subject || before.name !== name) {
      await store.updateTemplate(OWN_SERVICE_ID, id, { name, subject, body }, now);
    } else if (!before.archived) continue;
    written++;
  }
  return written;
}
