/** Hark's own service, for tests of the management API. */
import { createEncryption } from "../../../adapters/crypto/envelope_encryption.ts";
import { openAuditWriter } from "../../../adapters/libsql/accounts/audit_writer.ts";
import { createContexts } from "../../../adapters/libsql/services/contexts.ts";
import { createManagementStore } from "../../../adapters/libsql/services/management.ts";
import { openOwnService } from "../../../application/accounts/own_service.ts";
import { MASTER_KEY, type TestApplication } from "../../support/application.ts";

/** Creates Hark's own service in the database of an application under test, as `migrate` does. */
export async function createOwnService({ db }: Pick<TestApplication, "db">): Promise<void> {
  const encryption = await createEncryption([Uint8Array.fromBase64(MASTER_KEY)]);
  const contexts = createContexts(db, encryption);
  const audit = openAuditWriter({ db, encryption, clock: Date });
  await openOwnService(createManagementStore({ db, encryption, contexts, audit }), Date.now());
}
