/** Loads the application of a Worker: for its handlers, and for its Durable Objects. */
import { createR2Blobs, isR2Bucket } from "../../adapters/blobs/r2.ts";
import { openDatabase } from "../../adapters/libsql/connection/database.ts";
import { socketPathOf } from "../../routes/registry/inbox/socket_path.ts";
import { type Application, createApplication } from "../application.ts";
import { ConfigError, readConfig, warningsOf } from "../config.ts";
import { VARIABLES } from "../environment.ts";
import { writeLog } from "../log.ts";
import { requireMasterKeys } from "../master_key_check.ts";
import { INBOXES_BINDING, openInboxObjects } from "./inbox_sockets.ts";

/** The variables, secrets and bindings of a Worker. */
export type WorkerEnvironment = Readonly<Record<string, unknown>>;

/**
 * Returns the application of the isolate. The first call reads the configuration and opens the database.
 *
 * @throws ConfigError when the configuration is refused
 * @throws StoreUnavailable when the database is unavailable
 */
export type LoadApplication = (env: WorkerEnvironment) => Promise<Application>;

/** The header that Cloudflare sets to the client's address; one that a client sends is replaced. */
const CLIENT_ADDRESS_HEADER = "CF-Connecting-IP";

/** Creates the function that loads the application of this isolate, whose environment never changes. */
export function createApplicationLoader(): LoadApplication {
  let application: Application | undefined;
  return async function loadApplication(env) {
    if (application !== undefined) return application;
    const variables = Object.fromEntries(VARIABLES.map((name) => [name, env[name]]));
    const config = readConfig(variables, "production");
    if (config.database.url.startsWith("file:")) {
      throw new ConfigError("DATABASE_URL must be http(s)://… or libsql://… on a Worker");
    }
    if (config.filesDir !== undefined) {
      throw new ConfigError("FILES_DIR is for Deno; on a Worker bind an R2 bucket as FILES");
    }
    const [{ name, tcpVariable } = {}] = Object.values(config.channels).flat()
      .filter(({ tcpVariable }) => tcpVariable !== undefined);
    if (tcpVariable !== undefined) {
      throw new ConfigError(
        `${tcpVariable} is for Deno: a Worker cannot send through ${name}, unset it and use another provider`,
      );
    }
    const blobs = isR2Bucket(env.FILES) ? createR2Blobs(env.FILES) : undefined;
    const db = await openDatabase({ ...config.database, clientPerCall: true });
    await requireMasterKeys(db, config);
    const inboxObjects = openInboxObjects(env[INBOXES_BINDING], writeLog);
    for (const warning of warningsOf(config)) writeLog({ event: "warning", warning });
    if (config.registry.keys !== undefined && inboxObjects === undefined) {
      writeLog({ event: "warning", warning: NO_INBOXES });
    }
    return application = await createApplication(config, db, {
      blobs,
      fetchPerCall: true,
      clientAddressHeader: CLIENT_ADDRESS_HEADER,
      inboxSockets: inboxObjects && { tell: inboxObjects.tell, pathOf: socketPathOf },
    });
  };
}

const NO_INBOXES =
  `${INBOXES_BINDING} is not bound: each open inbox asks the database every 2 to 30 seconds. Bind a ` +
  "Durable Object namespace of the class InboxListeners";
