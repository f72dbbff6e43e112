import type { InStatement, InValue } from "@libsql/client";
import type { KeyId, ServiceId } from "../../../domain/ids.ts";
import type { SendingContext, SendingContexts } from "../../../domain/ports/sending_contexts.ts";
import type { TemplateChoice } from "../../../domain/sending/send_request.ts";
import type { Sender } from "../../../domain/service/sender.ts";
import type {
  ApiKey,
  Guests,
  GuestsWithTeam,
  Service,
  TeamHashes,
} from "../../../domain/service/service.ts";
import type {
  TemplateTranslations,
  TemplateVersion,
} from "../../../domain/template/template_record.ts";
import type {
  DataKey,
  EncryptedSecret,
  Encryption,
  VerifyToken,
} from "../../crypto/envelope_encryption.ts";
import type { Database, ResultSet, Row } from "../connection/database.ts";
import { DATA_KEY_COLUMNS, dataKeyOf } from "../keys/keyring.ts";
import { blob, idBytes, rowsOf, text, toStored } from "../connection/row.ts";
import { readTeamHashes, selectTeamHashes } from "../accounts/team_addresses.ts";
import { readSender, selectSenders } from "./senders.ts";
import {
  readApiKey,
  readGuests,
  readService,
  readTemplates,
  SELECT_TEMPLATE,
  selectKeys,
} from "./service_rows.ts";
import { readTranslations, selectTranslations } from "../templates/translations.ts";

/**
 * Max services in the cache of one process (or Workers isolate). Beyond it the one that was read longest ago is
 * evicted.
 */
export const MAX_CACHED_SERVICES = 1_000;
/**
 * Max entries in the cache of templates of one service. A template may have an entry for its id and one for its
 * number.
 */
export const MAX_CACHED_TEMPLATES = 200;

/**
 * When a service is not cached, its newest templates are read together with it: at most `most`, those whose body has
 * at most `longest` characters. A request names its template in the body, which is read only after the caller is
 * authenticated.
 */
export const FIRST_TEMPLATES = { most: 20, longest: 10_000 } as const;

interface CachedService {
  readonly service: Service;
  readonly keys: readonly ApiKey[];
  readonly guests: GuestsWithTeam;
  readonly senders: readonly Sender[];
  readonly dataKey: DataKey;
  readonly templates: Map<string, TemplateTranslations>;
}

/**
 * Sending contexts (a service with the data that checks a request: API keys, guest list, senders and a template), and
 * the data key that encrypts a service's new rows.
 */
export interface LibsqlContexts extends SendingContexts {
  /** The service's current data key; cached with the context. @throws Error for an unknown service */
  currentDataKey(serviceId: ServiceId): Promise<DataKey>;
}

/** The additional authenticated data of the encrypted secret of an API key. */
export function secretAad(serviceId: string, keyId: string): string {
  return `api-key ${serviceId} ${keyId}`;
}

/** Creates the sending contexts, with a cache of services in this process (or Workers isolate). */
export function createContexts(db: Database, encryption: Encryption): LibsqlContexts {
  const cache = new Map<ServiceId, CachedService>();
  const signers = createSigners(encryption);

  async function read(
    serviceId: ServiceId,
    choice: TemplateChoice | undefined,
  ): Promise<{ entry: CachedService; translated: TemplateTranslations | undefined } | undefined> {
    const before = cache.get(serviceId);
    const results = await db.readPoint([
      ...selectService(serviceId),
      ...(choice !== undefined
        ? selectTranslated(serviceId, choice)
        : before === undefined
        ? [selectFirstTemplates(serviceId)]
        : []),
    ]);
    const [row] = rowsOf(results, 0);
    if (row === undefined) {
      cache.delete(serviceId);
      return undefined;
    }
    const service = readService(row);
    const dataKey = await dataKeyOf(encryption, serviceId, row);
    const isSameRevision = before?.service.revision === service.revision;
    const entry: CachedService = {
      service,
      keys: rowsOf(results, 1).map(signers.readKey),
      guests: isSameRevision ? before.guests : withTeam(
        await readGuests(row, dataKey),
        await readTeamHashes(rowsOf(results, 3), encryption),
      ),
      senders: rowsOf(results, 2).map(readSender),
      dataKey,
      templates: isSameRevision ? before.templates : new Map(),
    };
    const translated = choice === undefined ? undefined : await readTranslated(results);
    const cacheTemplate = (name: string, translated: TemplateTranslations) => {
      evictOldest(entry.templates, MAX_CACHED_TEMPLATES);
      entry.templates.set(name, translated);
    };
    if (choice !== undefined && translated !== undefined) cacheTemplate(nameOf(choice), translated);
    if (choice === undefined && before === undefined) {
      for (const template of await readTemplates(rowsOf(results, 4))) {
        for (const name of namesOf(template)) cacheTemplate(name, { template, translations: {} });
      }
    }
    cache.delete(serviceId);
    evictOldest(cache, MAX_CACHED_SERVICES);
    cache.set(serviceId, entry);
    return { entry, translated };
  }

  /** Whether the store has the revision of a cached service, which every change to its data raises. */
  async function isCurrent({ service: { id, revision } }: CachedService): Promise<boolean> {
    const statement = { sql: "SELECT revision FROM services WHERE id = ?", args: [idBytes(id)] };
    const [row] = rowsOf(await db.readPoint([statement]), 0);
    return row?.revision === revision;
  }

  return {
    async load(serviceId, { fresh, template: choice }) {
      const entry = cache.get(serviceId);
      if (entry !== undefined) {
        const translated = choice === undefined ? undefined : entry.templates.get(nameOf(choice));
        const isComplete = choice === undefined || translated !== undefined;
        // To ask a remote database for the revision first would be a round trip more, where it has changed.
        if (isComplete && (!fresh || (db.embedded && await isCurrent(entry)))) {
          return toContext(entry, translated, fresh);
        }
      }
      const loaded = await read(serviceId, choice);
      return loaded && toContext(loaded.entry, loaded.translated, true);
    },
    findSigner: signers.find,
    forget(serviceId) {
      cache.delete(serviceId);
    },
    async currentDataKey(serviceId) {
      const entry = cache.get(serviceId) ?? (await read(serviceId, undefined))?.entry;
      if (entry === undefined) throw new Error(`no service ${serviceId}`);
      return entry.dataKey;
    },
  };
}

/** Selects a service with its data key, its API keys, its senders, and the hashed addresses of its team. */
function selectService(serviceId: ServiceId): readonly InStatement[] {
  return [
    {
      sql: `SELECT s.*, ${DATA_KEY_COLUMNS} FROM services AS s
        JOIN data_keys AS d ON d.service_id = s.id AND d.id = s.data_key_id WHERE s.id = ?`,
      args: [idBytes(serviceId)],
    },
    selectKeys(serviceId),
    selectSenders(serviceId),
    selectTeamHashes(serviceId),
  ];
}

/** The team's own proved addresses count as guests. */
function withTeam(guests: Guests, team: TeamHashes | undefined): GuestsWithTeam {
  return team === undefined ? guests : { ...guests, team };
}

/** The HMAC keys of API keys, which verify tokens. */
interface Signers {
  /** Reads a row of `api_keys` and keeps its encrypted secret for {@link find}. */
  readKey(row: Row): ApiKey;
  readonly find: SendingContexts["findSigner"];
}

function createSigners(encryption: Encryption): Signers {
  // By the key object that a context contains: the cached service may be evicted or replaced while a request is
  // evaluated.
  const secrets = new WeakMap<ApiKey, EncryptedSecret>();
  const cache = new Map<string, VerifyToken>();

  async function importSecret(
    serviceId: ServiceId,
    keyId: KeyId,
    encrypted: EncryptedSecret,
  ): Promise<VerifyToken> {
    const aad = secretAad(serviceId, keyId);
    const cached = cache.get(aad);
    if (cached !== undefined) return cached;
    const verify = await encryption.importTokenSecret(encrypted, aad);
    evictOldest(cache, MAX_CACHED_SERVICES * 4);
    cache.set(aad, verify);
    return verify;
  }

  return {
    readKey(row) {
      const key = readApiKey(row);
      secrets.set(key, { masterKeyId: text(row, "master_key_id"), bytes: blob(row, "secret") });
      return key;
    },
    async find(serviceId, token, keys) {
      for (const key of keys) {
        const encrypted = secrets.get(key);
        if (encrypted === undefined) continue;
        const verify = await importSecret(serviceId, key.id, encrypted);
        if (await verify(token)) return key;
      }
      return undefined;
    },
  };
}

function toContext(
  { service, keys, guests, senders }: CachedService,
  { template, translations }: Partial<TemplateTranslations> = {},
  fresh: boolean,
): SendingContext {
  return { service, keys, guests, senders, template, translations: translations ?? {}, fresh };
}

/** Selects a template and its translations. */
function selectTranslated(serviceId: ServiceId, choice: TemplateChoice): readonly InStatement[] {
  const { condition, args } = templateFilter(choice);
  return [
    {
      sql: `${SELECT_TEMPLATE}
        WHERE t.service_id = ?1 AND v.version = t.version AND t.id ${condition}`,
      args: [idBytes(serviceId), ...args],
    },
    selectTranslations(serviceId, condition, args),
  ];
}

/** Reads the results of {@link selectTranslated}, which are the last of the batch. */
async function readTranslated(
  results: readonly ResultSet[],
): Promise<TemplateTranslations | undefined> {
  const [template] = await readTemplates(rowsOf(results, results.length - 2));
  if (template === undefined) return undefined;
  const translations = await readTranslations(rowsOf(results, results.length - 1));
  return { template, translations: translations.get(template.id) ?? {} };
}

/** The condition on the id of a template, and its arguments from `?2` on. */
function templateFilter(
  choice: TemplateChoice,
): { readonly condition: string; readonly args: readonly InValue[] } {
  switch (choice.by) {
    case "id":
      return { condition: "= ?2", args: [idBytes(choice.id)] };
    case "number":
      return {
        condition: "= (SELECT id FROM templates WHERE service_id = ?1 AND number = ?2)",
        args: [choice.number],
      };
    case "name":
      return {
        condition: `= (SELECT template_id FROM registry_templates
          WHERE service_id = ?1 AND channel = ?2 AND name = ?3)`,
        args: [choice.channel, toStored(choice.name)],
      };
  }
}

/** Leaves out inbox templates: they have translations, which would have to be read too. */
function selectFirstTemplates(serviceId: ServiceId): InStatement {
  return {
    sql: `${SELECT_TEMPLATE} WHERE t.service_id = ?1 AND v.version = t.version
      AND t.channel <> 'inbox' AND length(v.body) <= ?2 AND t.number IN (
        SELECT number FROM templates WHERE service_id = ?1 AND archived_at IS NULL
        ORDER BY number DESC LIMIT ?3)`,
    args: [idBytes(serviceId), FIRST_TEMPLATES.longest, FIRST_TEMPLATES.most],
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

/** The names under which a template is cached, except for those that registries publish. */
function namesOf({ id, number }: TemplateVersion): readonly string[] {
  return [nameOf({ by: "id", id }), nameOf({ by: "number", number })];
}

/** Evicts the oldest entries of a map (FIFO) until one more fits. */
function evictOldest<K>(map: Map<K, unknown>, size: number): void {
  for (const key of map.keys()) {
    if (map.size < size) return;
    map.delete(key);
  }
}
