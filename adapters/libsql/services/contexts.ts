import type { InStatement, InValue } from "@libsql/client";
import { compactVerify } from "jose";
import type { KeyId, ServiceId } from "../../../domain/ids.ts";
import type { SendingContext, SendingContexts } from "../../../domain/ports/sending_contexts.ts";
import type { TemplateChoice } from "../../../domain/sending/send_request.ts";
import type { Sender } from "../../../domain/service/sender.ts";
import type { ApiKey, Guests, Service } from "../../../domain/service/service.ts";
import type {
  TemplateTranslations,
  TemplateVersion,
} from "../../../domain/template/template_record.ts";
import type { DataKey, EncryptedSecret, Encryption } from "../../crypto/envelope_encryption.ts";
import type { Database, ResultSet, Row } from "../connection/database.ts";
import { DATA_KEY_COLUMNS, dataKeyOf } from "../keys/keyring.ts";
import { blob, rowsOf, text, toStored } from "../connection/row.ts";
import { readSender, selectSenders } from "./senders.ts";
import {
  readApiKey,
  readGuests,
  readService,
  readTemplate,
  SELECT_TEMPLATE,
} from "./service_rows.ts";
import { readTranslations, selectTranslations } from "../templates/translations.ts";

/** How many services an isolate remembers. */
export const MAX_REMEMBERED_SERVICES = 1_000;
/** How many templates of one service an isolate remembers. */
export const MAX_REMEMBERED_TEMPLATES = 200;

/**
 * How many templates are read with a service that is not remembered, the newest, and how long the body of each may be:
 * a request names its template in its body, which is read only when the caller is known.
 */
export const FIRST_TEMPLATES = { most: 20, longest: 10_000 } as const;

interface Remembered {
  readonly service: Service;
  readonly keys: readonly ApiKey[];
  readonly guests: Guests;
  readonly senders: readonly Sender[];
  readonly dataKey: DataKey;
  readonly templates: Map<string, TemplateTranslations>;
}

/** Sending contexts, and the data key that a service's new rows are sealed by. */
export interface LibsqlContexts extends SendingContexts {
  /** The service's current data key; remembered with the context. */
  currentDataKey(serviceId: ServiceId): Promise<DataKey>;
}

/** What a key's sealed secret is bound to. */
export function secretContext(serviceId: string, keyId: string): string {
  return `api-key ${serviceId} ${keyId}`;
}

/** Makes the isolate's memory of services over the database. */
export function createContexts(db: Database, encryption: Encryption): LibsqlContexts {
  const remembered = new Map<ServiceId, Remembered>();
  // By the key as it was given out: what is remembered may be dropped or replaced while a request is judged.
  const secrets = new WeakMap<ApiKey, EncryptedSecret>();
  const signers = new Map<string, CryptoKey>();

  function readKey(row: Row): ApiKey {
    const key = readApiKey(row);
    secrets.set(key, { masterKeyId: text(row, "master_key_id"), bytes: blob(row, "secret") });
    return key;
  }

  async function read(
    serviceId: ServiceId,
    choice: TemplateChoice | undefined,
  ): Promise<{ entry: Remembered; family: TemplateTranslations | undefined } | undefined> {
    const before = remembered.get(serviceId);
    const results = await db.read([
      {
        sql: `SELECT s.*, ${DATA_KEY_COLUMNS} FROM services AS s
          JOIN data_keys AS d ON d.service_id = s.id AND d.id = s.data_key_id WHERE s.id = ?`,
        args: [serviceId],
      },
      {
        sql: "SELECT * FROM api_keys WHERE service_id = ? ORDER BY created_at, id",
        args: [serviceId],
      },
      selectSenders(serviceId),
      ...(choice !== undefined
        ? selectFamily(serviceId, choice)
        : before === undefined
        ? [selectFirstTemplates(serviceId)]
        : []),
    ]);
    const [row] = rowsOf(results, 0);
    if (row === undefined) {
      remembered.delete(serviceId);
      return undefined;
    }
    const service = readService(row);
    const dataKey = await dataKeyOf(encryption, serviceId, row);
    const same = before?.service.revision === service.revision;
    const entry: Remembered = {
      service,
      keys: rowsOf(results, 1).map(readKey),
      guests: same ? before.guests : await readGuests(row, dataKey),
      senders: rowsOf(results, 2).map(readSender),
      dataKey,
      templates: same ? before.templates : new Map(),
    };
    const family = choice === undefined ? undefined : readFamily(results);
    const remember = (name: string, found: TemplateTranslations) => {
      makeRoom(entry.templates, MAX_REMEMBERED_TEMPLATES);
      entry.templates.set(name, found);
    };
    if (choice !== undefined && family !== undefined) remember(nameOf(choice), family);
    if (choice === undefined && before === undefined) {
      for (const template of rowsOf(results, 3).map(readTemplate)) {
        for (const name of namesOf(template)) remember(name, { template, translations: {} });
      }
    }
    remembered.delete(serviceId);
    makeRoom(remembered, MAX_REMEMBERED_SERVICES);
    remembered.set(serviceId, entry);
    return { entry, family };
  }

  async function signer(
    serviceId: ServiceId,
    keyId: KeyId,
    sealed: EncryptedSecret,
  ): Promise<CryptoKey> {
    const context = secretContext(serviceId, keyId);
    const known = signers.get(context);
    if (known !== undefined) return known;
    const secret = await encryption.openSecret(sealed, context);
    const key = await crypto.subtle.importKey(
      "raw",
      new TextEncoder().encode(secret),
      { name: "HMAC", hash: "SHA-256" },
      false,
      ["verify"],
    );
    makeRoom(signers, MAX_REMEMBERED_SERVICES * 4);
    signers.set(context, key);
    return key;
  }

  return {
    async load(serviceId, { fresh, template: choice }) {
      const entry = fresh ? undefined : remembered.get(serviceId);
      if (entry !== undefined) {
        const family = choice === undefined ? undefined : entry.templates.get(nameOf(choice));
        if (choice === undefined || family !== undefined) return toContext(entry, family, false);
      }
      const found = await read(serviceId, choice);
      return found === undefined ? undefined : toContext(found.entry, found.family, true);
    },
    async findSigner(serviceId, token, keys) {
      for (const key of keys) {
        const sealed = secrets.get(key);
        if (sealed === undefined) continue;
        const secret = await signer(serviceId, key.id, sealed);
        if (await isSignedBy(token, secret)) return key;
      }
      return undefined;
    },
    forget(serviceId) {
      remembered.delete(serviceId);
    },
    async currentDataKey(serviceId) {
      const entry = remembered.get(serviceId) ?? (await read(serviceId, undefined))?.entry;
      if (entry === undefined) throw new Error(`no service ${serviceId}`);
      return entry.dataKey;
    },
  };
}

function toContext(
  { service, keys, guests, senders }: Remembered,
  { template, translations }: Partial<TemplateTranslations> = {},
  fresh: boolean,
): SendingContext {
  return { service, keys, guests, senders, template, translations: translations ?? {}, fresh };
}

/** Reads a template, and its translations with it. */
function selectFamily(serviceId: ServiceId, choice: TemplateChoice): readonly InStatement[] {
  const { whose, args } = templateFilter(choice);
  return [
    {
      sql: `${SELECT_TEMPLATE}
        WHERE t.service_id = ?1 AND v.version = t.version AND t.id ${whose}`,
      args: [serviceId, ...args],
    },
    selectTranslations(serviceId, whose, args),
  ];
}

/** The rows of {@link selectFamily}, which come last. */
function readFamily(results: readonly ResultSet[]): TemplateTranslations | undefined {
  const [row] = rowsOf(results, results.length - 2);
  if (row === undefined) return undefined;
  const template = readTemplate(row);
  const translations = readTranslations(rowsOf(results, results.length - 1));
  return { template, translations: translations.get(template.id) ?? {} };
}

/** What the id of a template is compared with. */
function templateFilter(
  choice: TemplateChoice,
): { readonly whose: string; readonly args: readonly InValue[] } {
  switch (choice.by) {
    case "id":
      return { whose: "= ?2", args: [choice.id] };
    case "number":
      return {
        whose: "= (SELECT id FROM templates WHERE service_id = ?1 AND number = ?2)",
        args: [choice.number],
      };
    case "name":
      return {
        whose: `= (SELECT template_id FROM registry_templates
          WHERE service_id = ?1 AND channel = ?2 AND name = ?3)`,
        args: [choice.channel, toStored(choice.name)],
      };
  }
}

/** Those of inboxes have translations, which would have to be read too. */
function selectFirstTemplates(serviceId: ServiceId): InStatement {
  return {
    sql: `${SELECT_TEMPLATE} WHERE t.service_id = ?1 AND v.version = t.version
      AND t.channel <> 'inbox' AND length(v.body) <= ?2 AND t.number IN (
        SELECT number FROM templates WHERE service_id = ?1 AND archived_at IS NULL
        ORDER BY number DESC LIMIT ?3)`,
    args: [serviceId, FIRST_TEMPLATES.longest, FIRST_TEMPLATES.most],
  };
}

function nameOf(choice: TemplateChoice): string {
  switch (choice.by) {
    case "id":
      return choice.id;
    case "number":
      return `number ${choice.number}`;
    case "name":
      return `name ${choice.channel}:${choice.name}`;
  }
}

/** The names by which callers choose a template, but for those that the registries gave. */
function namesOf({ id, number }: TemplateVersion): readonly string[] {
  return [nameOf({ by: "id", id }), nameOf({ by: "number", number })];
}

/** Keeps a map below its size by dropping what was put in first. */
function makeRoom<K>(map: Map<K, unknown>, size: number): void {
  for (const key of map.keys()) {
    if (map.size < size) return;
    map.delete(key);
  }
}

async function isSignedBy(token: string, key: CryptoKey): Promise<boolean> {
  try {
    await compactVerify(token, key, { algorithms: ["HS256"] });
    return true;
  } catch {
    return false;
  }
}
