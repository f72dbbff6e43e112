/** Serves as `main.ts start` does, with the made-up SMS provider as a second one beside Twilio. */
import { openDatabase } from "../../adapters/libsql/connection/database.ts";
import { createApplication } from "../../runtime/application.ts";
import { readConfig } from "../../runtime/config.ts";
import { writeLog } from "../../runtime/log.ts";
import { PROVIDERS } from "../../runtime/providers.ts";
import { serve } from "../../runtime/serve.ts";
import { EXAMPLE_SMS } from "./example_sms.ts";

const config = readConfig(Deno.env.toObject(), "production", [...PROVIDERS, EXAMPLE_SMS]);
const db = await openDatabase(config.database);
await serve(config, db, await createApplication(config, db), {
  stopping: new AbortController(),
  onListening: (port) => writeLog({ event: "listening", port }),
  process: { endsWithParent: false, descriptorLimit: undefined },
});
