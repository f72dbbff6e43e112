import type { InStatement } from "@libsql/client";
import { OWN_SERVICE_ID } from "../../../domain/accounts/own_service_id.ts";
import type { AuditWriter } from "../accounts/audit_writer.ts";
import type { ServiceId } from "../../../domain/ids.ts";
import type { ManagementStore, ServiceChange } from "../../../domain/ports/management_store.ts";
import { changeZone } from "../../../domain/sending/limit_day.ts";
import type { Service, ZoneChange } from "../../../domain/service/service.ts";
import { DAY_MS } from "../../../domain/time/durations.ts";
import type { Encryption } from "../../crypto/envelope_encryption.ts";
import { type LibsqlContexts } from "./contexts.ts";
import type { Database } from "../connection/database.ts";
import { idBytes, rowsOf, toStored } from "../connection/row.ts";
import { prepareService } from "./create_service.ts";
import { createGuestStore } from "./guests.ts";
import { createKeyStore } from "./api_keys.ts";
import { createSenderStore } from "./senders.ts";
import { type AuditedChange, raiseRevision, readService } from "./service_rows.ts";
import { createTemplateLibrary } from "../templates/template_library.ts";
import { createTemplateStore } from "../templates/templates.ts";

/**
 * Creates the store of services and their keys, guests, senders and templates. Each change evicts the service from
 * the cache of this process; other processes find by the service's revision that theirs is stale.
 */
export function createManagementStore(
  { db, encryption, contexts, audit }: {
    readonly db: Database;
    readonly encryption: Encryption;
    readonly contexts: LibsqlContexts;
    readonly audit: AuditWriter;
  },
): ManagementStore {
  const change: AuditedChange = async (serviceId, now, entry, statements) => {
    const results = await audit.change({
      entry,
      now,
      statements: (isHead) => [
        ...statements(isHead),
        raiseRevision(serviceId, now, "changes() > 0"),
      ],
    });
    contexts.forget(serviceId);
    return results;
  };

  async function getService(id: ServiceId): Promise<Service | undefined> {
    const results = await db.read([{
      sql: "SELECT * FROM services WHERE id = ?",
      args: [idBytes(id)],
    }]);
    return rowsOf(results, 0).map(readService)[0];
  }

  return {
    async createService(service, now, entry) {
      const { statements } = await prepareService(encryption, service, now);
      const [row] = rowsOf(await audit.change({ entry, now, statements }), 1);
      if (row === undefined) throw new Error("the service was not written");
      return readService(row);
    },
    getService,
    async listServices(after, limit, includesOwn = false) {
      const results = await db.read([{
        sql: "SELECT * FROM services WHERE id > ? AND (? OR id <> ?) ORDER BY id LIMIT ?",
        args: [idBytes(after ?? ""), includesOwn, idBytes(OWN_SERVICE_ID), limit],
      }]);
      return rowsOf(results, 0).map(readService);
    },
    async updateService(id, changed, now, entry) {
      const zone = changed.settings?.time_zone;
      for (;;) {
        const before = zone === undefined ? undefined : await getService(id);
        const moved = zone === undefined || before === undefined
          ? undefined
          : changeZone(before, zone, now);
        const results = await change(id, now, entry, (isHead) => [
          ...moved === undefined ? [] : [keepDaysLonger(id, isHead)],
          updateRow(id, changed, { before, zoneChange: moved, isHead }),
          { sql: "SELECT * FROM services WHERE id = ?", args: [idBytes(id)] },
        ]);
        const place = moved === undefined ? 0 : 1;
        const [service] = rowsOf(results, place + 1).map(readService);
        if (service === undefined) return undefined;
        // Another request has changed the time zone since it was read.
        if (rowsOf(results, place).length === 0) continue;
        return { ...service, revision: service.revision + 1, updatedAt: now };
      }
    },

    ...createKeyStore(db, encryption, change),
    ...createGuestStore(db, encryption, change),
    ...createSenderStore(db, change),
    ...createTemplateStore(db, change),
    ...createTemplateLibrary(db, change, audit.key),
  };
}

/**
 * Changes a service's row, and returns its id. It changes nothing when the time zone is to be changed and is no longer
 * that of `before`.
 */
function updateRow(
  id: ServiceId,
  { name, mode, active, settings }: ServiceChange,
  { before, zoneChange, isHead }: {
    readonly before: Service | undefined;
    readonly zoneChange: ZoneChange | undefined;
    readonly isHead: string;
  },
): InStatement {
  return {
    sql: `UPDATE services SET name = coalesce(?1, name), mode = coalesce(?2, mode),
        active = coalesce(?3, active), settings = json_patch(settings, ?4),
        zone_changed_at = coalesce(?6, zone_changed_at),
        zone_changed_day = coalesce(?7, zone_changed_day)
      WHERE id = ?5 AND (?8 IS NULL OR (zone_changed_at IS ?9
        AND coalesce(settings->>'time_zone', 'UTC') = ?8)) AND ${isHead}
      RETURNING id`,
    args: [
      name === undefined ? null : toStored(name),
      mode ?? null,
      active ?? null,
      // A merge patch: `null` removes a setting, so that its default applies again.
      JSON.stringify(settings ?? {}),
      idBytes(id),
      zoneChange?.at ?? null,
      zoneChange?.day ?? null,
      before?.settings.time_zone ?? null,
      before?.zoneChange?.at ?? null,
    ],
  };
}

/** Keeps the counters of days longer: a change of the time zone can move the end of a day by almost two days. */
function keepDaysLonger(id: ServiceId, isHead: string): InStatement {
  return {
    sql: `UPDATE counters SET expires_at = expires_at + ${2 * DAY_MS}
      WHERE service_id = ? AND scope > 'day:' AND scope < 'day;' AND ${isHead}`,
    args: [idBytes(id)],
  };
}
