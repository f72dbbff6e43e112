import assert from "node:assert/strict";
import { createDiskBlobs } from "../../adapters/blobs/disk.ts";
import {
  createDocumentRetention,
  FILES_A_STEP,
} from "../../adapters/libsql/documents/document_retention.ts";
import { blobIdOf, createDocumentStore } from "../../adapters/libsql/documents/documents.ts";
import { createRetention } from "../../adapters/libsql/notifications/retention.ts";
import { ADDRESS_ATTEMPTS } from "../../domain/files/attempts.ts";
import { RECORD_RETENTION_MS, STAGED_MS } from "../../domain/files/document.ts";
import type { PlannedDocument } from "../../domain/files/plan_files.ts";
import type { DocumentId, ServiceId } from "../../domain/ids.ts";
import type { BlobStore } from "../../domain/ports/blob_store.ts";
import type { DocumentStore } from "../../domain/ports/document_store.ts";
import type { Retention } from "../../domain/ports/retention.ts";
import type { Backend } from "./backends.ts";
import {
  accepted,
  type Bench,
  countRows,
  DAY_MS,
  dump,
  newSender,
  openBench,
  type Sender,
  START,
} from "./isolate.ts";

/** A bench with a place for files, and a service. */
export interface FilesBench extends Bench {
  readonly blobs: BlobStore;
  readonly documents: DocumentStore;
  readonly files: Retention;
  readonly sender: Sender;
}

const ANN = "ann@example.com";

/** Opens a bench with a folder of its own. */
export async function openFilesBench(backend: Backend): Promise<FilesBench> {
  const bench = await openBench(backend);
  const folder = await Deno.makeTempDir();
  const blobs = await createDiskBlobs(folder);
  const { db, encryption, contexts } = bench;
  const files = createDocumentRetention(db, blobs);
  return {
    ...bench,
    blobs,
    documents: createDocumentStore({ db, encryption, contexts, blobs }),
    files,
    retention: createRetention(db, files),
    sender: await newSender(bench),
    async [Symbol.asyncDispose]() {
      await bench[Symbol.asyncDispose]();
      await Deno.remove(folder, { recursive: true });
    },
  };
}

/** A document that may be stored: a new id and key, a text. */
export function newDocument(fields: Partial<PlannedDocument> = {}): PlannedDocument {
  return {
    id: crypto.randomUUID() as DocumentId,
    key: crypto.getRandomValues(new Uint8Array(32))
      .toBase64({ alphabet: "base64url", omitPadding: true }),
    bytes: new TextEncoder().encode("the secret of the file"),
    name: "secret name.txt",
    type: "txt",
    confirmEmail: true,
    expiresAt: START + 7 * DAY_MS,
    ...fields,
  };
}

export const keyOf = ({ key }: PlannedDocument) =>
  Uint8Array.fromBase64(key, { alphabet: "base64url" });

/** Stores a document and has a notification take it up. */
export async function keep(bench: FilesBench, document = newDocument()): Promise<PlannedDocument> {
  const { sender, documents, time: time } = bench;
  await documents.stage(sender.serviceId, ANN, [document], time.now);
  const { id, expiresAt } = document;
  await accepted(bench, sender, { channel: "email", documents: [{ id, expiresAt }] });
  return document;
}

/** The contract of {@link DocumentStore} and its retention. */
export function documentsContract(backend: Backend): void {
  const test = (name: string, run: (bench: FilesBench) => Promise<void>) =>
    Deno.test(`DocumentStore ${name} (${backend.name})`, async () => {
      await using bench = await openFilesBench(backend);
      await run(bench);
    });
  const refOf = ({ sender }: FilesBench, { id }: PlannedDocument) => ({
    serviceId: sender.serviceId,
    documentId: id,
  });

  test("find, read: return a document that a notification references, by its key only", async (bench) => {
    const { documents } = bench;
    const document = await keep(bench);
    const ref = refOf(bench, document);
    const stored = await documents.find(ref, keyOf(document));
    assert.ok(stored !== undefined);
    const { notificationId, ...rest } = stored;
    assert.equal(notificationId.length, 36);
    assert.deepEqual(rest, {
      ...ref,
      serviceName: "Library",
      serviceActive: true,
      name: "secret name.txt",
      type: "txt",
      size: document.bytes.length,
      confirmEmail: true,
      expiresAt: document.expiresAt,
      isGone: false,
    });
    assert.deepEqual(await documents.read(ref, keyOf(document)), document.bytes);

    const other = await keep(bench);
    const stranger = await newSender(bench);
    const wrong = [
      documents.find(ref, keyOf(other)),
      documents.find(ref, new Uint8Array(32)),
      documents.find(refOf(bench, other), keyOf(document)),
      documents.find({ ...ref, serviceId: stranger.serviceId }, keyOf(document)),
      documents.find({ ...ref, serviceId: ref.documentId as string as ServiceId }, keyOf(document)),
    ];
    assert.deepEqual(await Promise.all(wrong), wrong.map(() => undefined));
    await assert.rejects(documents.read(ref, keyOf(other)));
  });

  test("find: returns no unreferenced document, and deleteUnclaimed deletes it", async (bench) => {
    const { documents, sender, blobs, time: time } = bench;
    const [staged, kept] = [newDocument(), await keep(bench)];
    await documents.stage(sender.serviceId, ANN, [staged], time.now);
    // Staged a second time, as when a request is evaluated again after a revision conflict.
    await documents.stage(sender.serviceId, ANN, [staged], time.now);
    const ref = refOf(bench, staged);
    assert.equal(await documents.find(ref, keyOf(staged)), undefined);
    assert.equal(await documents.tryAddress(ref, ANN, time.now), undefined);
    await documents.deleteUnclaimed(sender.serviceId, [staged.id, kept.id]);
    assert.equal(await blobs.get(blobIdOf(ref)), undefined);
    assert.equal(await countRows(bench.db, "documents"), 1);
    assert.ok(await documents.find(refOf(bench, kept), keyOf(kept)));
    assert.ok(await documents.read(refOf(bench, kept), keyOf(kept)));
  });

  test("accept: references its documents only when it is written", async (bench) => {
    const { documents, sender, time: time } = bench;
    const document = newDocument();
    await documents.stage(sender.serviceId, ANN, [document], time.now);
    const take = (revision: number) =>
      accepted(bench, sender, {
        revision,
        documents: [{ id: document.id, expiresAt: document.expiresAt }],
      });
    await assert.rejects(take(sender.revision + 1));
    assert.equal(await documents.find(refOf(bench, document), keyOf(document)), undefined);
    const { notificationId } = await take(sender.revision);
    const stored = await documents.find(refOf(bench, document), keyOf(document));
    assert.equal(stored?.notificationId, notificationId);
    assert.equal(stored?.expiresAt, document.expiresAt);
    // Others of the same service cannot take it over.
    await take(sender.revision);
    const again = await documents.find(refOf(bench, document), keyOf(document));
    assert.equal(again?.notificationId, notificationId);
  });

  test("stage: stores neither key, name, content nor recipient in plaintext", async (bench) => {
    const document = await keep(bench);
    const rows = [...(await dump(bench.db)).values()].flat().join("\n");
    const file = await bench.blobs.get(blobIdOf(refOf(bench, document)));
    const stored = rows + new TextDecoder("latin1").decode(file);
    const raw = new TextDecoder("latin1").decode(keyOf(document));
    for (const secret of [document.key, raw, "secret", ANN]) {
      assert.ok(!stored.includes(secret), secret);
    }
  });

  test("tryAddress: limits the attempts in a window", async (bench) => {
    const { documents, time: time } = bench;
    const document = await keep(bench);
    const ref = refOf(bench, document);
    const tries = (address: string) => documents.tryAddress(ref, address, time.now);
    assert.deepEqual(await tries(ANN), { outcome: "same" });
    const began = time.now;
    time.now += 1_000;
    const rest = await Promise.all(
      Array.from({ length: ADDRESS_ATTEMPTS.limit + 5 }, () => tries("bob@example.com")),
    );
    const outcomes = rest.map((attempt) => attempt?.outcome);
    assert.equal(outcomes.filter((outcome) => outcome === "other").length, 49);
    assert.equal(outcomes.filter((outcome) => outcome === "too-many").length, 6);
    assert.deepEqual(await tries(ANN), { outcome: "too-many", windowBeganAt: began });
    time.now = began + ADDRESS_ATTEMPTS.windowMs - 1;
    assert.equal((await tries(ANN))?.outcome, "too-many");
    time.now += 1;
    assert.deepEqual(await tries(ANN), { outcome: "same" });
    const other = await keep(bench);
    assert.deepEqual(await documents.tryAddress(refOf(bench, other), "x@y.zz", time.now), {
      outcome: "other",
    });
  });

  test("purge: deletes the file when it expires, and its row later", async (bench) => {
    const { documents, retention, blobs } = bench;
    const document = await keep(bench);
    const ref = refOf(bench, document);
    // The notification has its own, shorter time.
    await bench.db.write(["DELETE FROM outbox", "DELETE FROM notifications"]);
    assert.equal(await retention.purge(document.expiresAt - 1, 100), 0);
    assert.ok(await blobs.get(blobIdOf(ref)));
    while (await retention.purge(document.expiresAt, 100) > 0);
    assert.equal(await blobs.get(blobIdOf(ref)), undefined);
    const gone = await documents.find(ref, keyOf(document));
    assert.deepEqual([gone?.isGone, gone?.name], [true, null]);
    assert.equal(await documents.tryAddress(ref, ANN, document.expiresAt), undefined);
    const end = document.expiresAt + RECORD_RETENTION_MS;
    assert.equal(await retention.purge(end - 1, 100), 0);
    assert.equal(await retention.purge(end, 100), 1);
    assert.equal(await documents.find(ref, keyOf(document)), undefined);
  });

  test("purge: deletes unreferenced documents after a day", async (bench) => {
    const { documents, sender, retention, blobs, time: time } = bench;
    const document = newDocument({ expiresAt: START + 500 * DAY_MS });
    await documents.stage(sender.serviceId, ANN, [document], time.now);
    assert.equal(await retention.purge(START + STAGED_MS - 1, 100), 0);
    assert.equal(await retention.purge(START + STAGED_MS, 100), 1);
    assert.equal(await countRows(bench.db, "documents"), 0);
    assert.equal(await blobs.get(blobIdOf(refOf(bench, document))), undefined);
  });

  test("purge: deletes in bounded steps, and continues past files that cannot be deleted", async (bench) => {
    const { sender, documents, blobs, db } = bench;
    const many = Array.from({ length: FILES_A_STEP + 2 }, () => newDocument());
    await documents.stage(sender.serviceId, ANN, many, START);
    const stuck = new Set(many.slice(0, 1).map((document) => blobIdOf(refOf(bench, document))));
    const deleted: string[] = [];
    const retention = createDocumentRetention(db, {
      ...blobs,
      async delete(ids) {
        const free = ids.filter((id) => !stuck.has(id));
        deleted.push(...free);
        await blobs.delete(free);
        const failed = ids.filter((id) => stuck.has(id));
        return new Map(failed.map((id) => [id, new Error("the disk is read-only")]));
      },
    });
    const now = START + STAGED_MS;
    assert.equal(await retention.purge(now, 3) >= 2, true);
    assert.ok(deleted.length <= 3);
    await retention.purge(now, 1_000);
    assert.ok(deleted.length <= 3 + FILES_A_STEP);
    await assert.rejects(
      async () => {
        while (await retention.purge(now, 1_000) > 0);
      },
      /read-only/,
    );
    assert.equal(await countRows(db, "documents"), 1);
    stuck.clear();
    assert.equal(await retention.purge(now, 1_000), 1);
    assert.equal(await countRows(db, "documents"), 0);
  });
}
