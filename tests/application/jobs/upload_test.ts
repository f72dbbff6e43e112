import { openAuditWriter } from "../../../adapters/libsql/accounts/audit_writer.ts";
import assert from "node:assert/strict";
import { createClock } from "../../../adapters/clock.ts";
import { createEncryption } from "../../../adapters/crypto/envelope_encryption.ts";
import { createAcceptStore } from "../../../adapters/libsql/notifications/accept.ts";
import { createSuppressionStore } from "../../../adapters/libsql/suppressions/suppressions.ts";
import { createContexts } from "../../../adapters/libsql/services/contexts.ts";
import { createJobStore } from "../../../adapters/libsql/jobs/jobs.ts";
import type { KeyId, ServiceId, TemplateId } from "../../../domain/ids.ts";
import { rowsSource } from "../../../application/jobs/recipient_source.ts";
import { createUploads } from "../../../application/jobs/upload.ts";
import { MASTER_KEY, startTestApplication } from "../../support/application.ts";

Deno.test("createUploads.check: checks after every row whether to yield to the event loop", async () => {
  await using hark = await startTestApplication();
  const { id } = await hark.newService();
  const templateId = await hark.newTemplate(id) as TemplateId;
  const { db } = hark;
  const encryption = await createEncryption([Uint8Array.fromBase64(MASTER_KEY)]);
  const contexts = createContexts(db, encryption);
  const clock = createClock();
  const template = { by: "id", id: templateId } as const;
  const context = await contexts.load(id as ServiceId, { fresh: true, template });
  assert(context !== undefined);
  let checks = 0;
  const audit = openAuditWriter({ db, encryption, clock });
  const uploads = createUploads({
    clock,
    contexts,
    jobs: createJobStore({ db, encryption, contexts, audit }),
    suppressions: createSuppressionStore({ db, encryption, contexts, audit }),
    accepts: createAcceptStore({ db, encryption, contexts, clock }),
    defaults: { smsSender: "HARK", emailDomain: "example.org" },
    hasInbox: () => false,
  }, () => () => ++checks % 2 === 0);
  const rows = Array.from({ length: 5 }, (_, at) => [`0790090010${at}`, "Ann"]);
  const report = await uploads.check(
    {
      context,
      key: { id: crypto.randomUUID() as KeyId, kind: "test" },
      templateId,
      name: "List",
      fileName: null,
      senderId: null,
      scheduledFor: null,
      validUntil: null,
      urgent: false,
      createdPaused: false,
      allowDuplicates: false,
      encoding: null,
      acceptedWarnings: [],
      keyHash: null,
    },
    rowsSource([["phone number", "name"], ...rows]),
    new AbortController().signal,
  );
  assert.equal(report.ok && report.value.rows, 5);
  assert.equal(checks, 5);
});
