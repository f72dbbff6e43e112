import { createAcceptStore } from "../../adapters/libsql/notifications/accept.ts";
import type { LibsqlContexts } from "../../adapters/libsql/services/contexts.ts";
import {
  encryptPersonal,
  notificationAad,
} from "../../adapters/libsql/notifications/notification_rows.ts";
import { checkClaims } from "../../domain/access/service_token/claims.ts";
import { usableKeys } from "../../domain/access/service_token/keys.ts";
import { parseAuthorization } from "../../domain/access/service_token/token.ts";
import type { AcceptStore } from "../../domain/ports/accept_store.ts";
import { validateV2 } from "../../domain/notify_v2/validate_v2.ts";
import { presentAccepted } from "../../routes/notify/v2/present.ts";
import { issueRequestToken } from "../support/application.ts";
import { type BenchHark, openBenchHark } from "./bench_hark.ts";
import { awaitCase, callCase, type Case, measure, type Parts } from "./measure.ts";
import { emailBody, smsBody } from "./messages.ts";
import { type Planning, startPlanning } from "./plans.ts";

const CALLS = 64;
const ROUNDS = 31;

/** Measures each step of an accept separately. */
export async function benchParts(folder: string): Promise<readonly Parts[]> {
  const bench = await openBenchHark(`${folder}/parts.db`);
  const text = await startPlanning(bench, "sms");
  const email = await startPlanning(bench, "email");
  const unsealed = await storeWithoutSealing(bench, text);
  const costs = await measure(ROUNDS, [
    ...await authCases(bench, text),
    awaitCase(
      "routing, headers, request id, log (GET /healthz)",
      CALLS,
      async () => await bench.untailed.request("/healthz"),
    ),
    ...channelCases(bench, text, "sms", "text"),
    ...channelCases(bench, email, "email", "e-mail of 2 kB"),
    batchCase("batch, text, 1 in a group", unsealed, text, 1),
    batchCase("batch, text, 8 in a group", unsealed, text, 8),
    batchCase("batch, text, 32 in a group", unsealed, text, 32),
  ]);
  await bench.close();
  return [{ title: "the parts of an accept", costs }];
}

async function authCases(
  { contexts, clock, key, serviceId, smsTemplateId }: BenchHark,
  { context }: Planning,
): Promise<readonly Case[]> {
  const header = `Bearer ${await issueRequestToken(key)}`;
  const template = { by: "id", id: smsTemplateId } as const;
  return [
    awaitCase("token: decode, find its key, verify by jose, check claims", CALLS, async () => {
      const token = parseAuthorization(header);
      if (!token.ok) throw new Error(token.refusal.kind);
      const keys = usableKeys(context.service, context.keys, token.value, clock.now());
      if (!keys.ok) throw new Error(keys.refusal.kind);
      const signer = await contexts.findSigner(serviceId, token.value.token, keys.value);
      if (signer === undefined) throw new Error("no signer");
      if (!checkClaims(token.value, signer, clock.now()).ok) throw new Error("claims");
    }),
    awaitCase(
      "context, cached",
      CALLS,
      () => contexts.load(serviceId, { fresh: false, template }),
    ),
    awaitCase(
      "context, read (a cold isolate's second round trip)",
      CALLS / 4,
      () => contexts.load(serviceId, { fresh: true, template }),
    ),
  ];
}

function channelCases(
  { clock, contexts, smsTemplateId, emailTemplateId, serviceId }: BenchHark,
  planning: Planning,
  channel: "sms" | "email",
  what: string,
): readonly Case[] {
  const body = channel === "sms" ? smsBody(smsTemplateId) : emailBody(emailTemplateId);
  const json: unknown = JSON.parse(body);
  const plan = planning.plan();
  const { id, personal } = plan.notification;
  return [
    callCase(`JSON.parse, ${what}`, CALLS, () => JSON.parse(body)),
    callCase(
      `validation, ${what}`,
      CALLS,
      () => validateV2(`POST /v2/notifications/${channel}`, json, clock.now()),
    ),
    callCase(`plan: recipient, rendering, limits, ${what}`, CALLS, planning.plan),
    callCase(
      `present, ${what}`,
      CALLS,
      () => JSON.stringify(presentAccepted(plan, "http://hark.test/")),
    ),
    awaitCase(`seal and lookup hash, ${what}`, CALLS, async () => {
      const key = await contexts.currentDataKey(serviceId);
      await Promise.all([
        encryptPersonal(personal, key, notificationAad(serviceId, id)),
        key.lookup(personal.recipient),
      ]);
    }),
  ];
}

/** A store whose data key returns constant bytes, so that the batch is measured without encryption. */
async function storeWithoutSealing(
  { db, encryption, contexts, clock, serviceId }: BenchHark,
  planning: Planning,
): Promise<AcceptStore> {
  const key = await contexts.currentDataKey(serviceId);
  const { personal } = planning.plan().notification;
  const sealed = await encryptPersonal(personal, key, "bench");
  const hash = await key.lookup(personal.recipient);
  const ready = {
    ...key,
    encrypt: () => Promise.resolve(sealed),
    lookup: () => Promise.resolve(hash),
  };
  const readyContexts: LibsqlContexts = {
    ...contexts,
    currentDataKey: () => Promise.resolve(ready),
  };
  return createAcceptStore({ db, encryption, contexts: readyContexts, clock });
}

function batchCase(name: string, store: AcceptStore, planning: Planning, size: number): Case {
  const groups = Math.max(2, Math.floor(16 / size));
  return {
    name,
    operations: groups * size,
    prepare() {
      const items = Array.from(
        { length: groups },
        () => Array.from({ length: size }, () => planning.accept()),
      );
      return Promise.resolve(async () => {
        for (const group of items) {
          const results = await Promise.all(group.map(store.accept));
          if (results.some(({ kind }) => kind === "rejected")) {
            throw new Error("an accept was rejected");
          }
        }
      });
    },
  };
}
