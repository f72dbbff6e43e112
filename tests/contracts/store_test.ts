import { acceptContract } from "./accept_contract.ts";
import { BACKENDS } from "./backends.ts";
import { contextsContract, contextsMemoryContract } from "./contexts_contract.ts";
import { documentsContract } from "./documents_contract.ts";
import { inboxContract } from "./inbox_contract.ts";
import { jobsContract } from "./jobs_contract.ts";
import { managementContract } from "./management_contract.ts";
import { migrationsContract } from "./migrations_contract.ts";
import { notificationsContract } from "./notifications_contract.ts";
import { outboxContract } from "./outbox_contract.ts";
import { personsContract } from "./persons_contract.ts";
import { receiptsContract } from "./receipts_contract.ts";
import { retentionContract } from "./retention_contract.ts";
import { sendersContract } from "./senders_contract.ts";
import { unsubscribesContract } from "./unsubscribes_contract.ts";

for (const backend of BACKENDS) {
  migrationsContract(backend);
  inboxContract(backend);
  managementContract(backend);
  contextsContract(backend);
  acceptContract(backend);
  documentsContract(backend);
  jobsContract(backend);
  notificationsContract(backend);
  outboxContract(backend);
  personsContract(backend);
  receiptsContract(backend);
  retentionContract(backend);
  sendersContract(backend);
  unsubscribesContract(backend);
}
const [quickest] = BACKENDS;
if (quickest !== undefined) contextsMemoryContract(quickest);
