import assert from "node:assert/strict";
import {
  createAccountRetention,
  createAuditRetention,
} from "../../../adapters/libsql/accounts/account_retention.ts";
import { createAccountKey } from "../../../adapters/libsql/accounts/account_key.ts";
import { createDeploymentKey } from "../../../adapters/libsql/keys/deployment_key.ts";
import { INSTALLATION, type NewAuditEntry } from "../../../domain/accounts/audit.ts";
import { SIGN_IN_LIMIT, windowCharges } from "../../../domain/accounts/limits.ts";
import type { LinkPurpose } from "../../../domain/accounts/one_time_codes.ts";
import { OWN_SERVICE_ID } from "../../../domain/accounts/own_messages.ts";
import { createKeyUseStore } from "../../../adapters/libsql/services/api_keys.ts";
import type {
  GoLiveRequestId,
  InvitationId,
  KeyId,
  ManagementTokenId,
  SenderId,
  ServiceId,
  SessionId,
  TemplateId,
  UserId,
} from "../../../domain/ids.ts";
import { DEFAULT_SETTINGS } from "../../../domain/service/service.ts";
import { openAccountStores } from "../../../runtime/accounts.ts";
import { DAY_MS, type Isolate, START } from "../../contracts/isolate.ts";

const newToken = () =>
  crypto.getRandomValues(new Uint8Array(32)).toBase64({ alphabet: "base64url", omitPadding: true });
const charges = () => windowCharges("x", [{ most: 9, perMs: 1000 }], START);

type Recorder = <T>(name: string, call: () => Promise<T>) => Promise<T>;

/** Notes which methods of stores are called while a call is recorded. */
function createCallNotes() {
  const unused = new Set<string>();
  let isRecording = false;
  return {
    unused,
    /** Records a call. */
    through: (record: Recorder): Recorder => async (name, call) => {
      isRecording = true;
      try {
        return await record(name, call);
      } finally {
        isRecording = false;
      }
    },
    /** The store, whose methods are noted. */
    of<T extends object>(name: string, store: T): T {
      for (const method of Object.keys(store)) unused.add(`${name}.${method}`);
      return new Proxy(store, {
        get(target, method) {
          if (isRecording) unused.delete(`${name}.${String(method)}`);
          return Reflect.get(target, method);
        },
      });
    },
  };
}

/** Opens the stores of accounts, whose methods are noted. */
function openNotedStores(
  { db, encryption, clock, contexts }: Isolate,
  notes: ReturnType<typeof createCallNotes>,
) {
  const stores = openAccountStores({ db, encryption, clock, forget: (id) => contexts.forget(id) });
  return {
    accounts: notes.of("accounts", stores.accounts),
    audit: notes.of("audit", stores.audit),
    goLive: notes.of("goLive", stores.goLive),
    replyToProofs: notes.of("replyToProofs", stores.replyToProofs),
    serviceSettings: notes.of("serviceSettings", stores.serviceSettings),
    keptForms: notes.of("keptForms", stores.keptForms),
    links: notes.of("links", stores.links),
    managementTokens: notes.of("managementTokens", stores.managementTokens),
    overviews: notes.of("overviews", stores.overviews),
    summaries: notes.of("summaries", stores.summaries),
    secondFactors: notes.of("secondFactors", stores.secondFactors),
    sessions: notes.of("sessions", stores.sessions),
    signIns: notes.of("signIns", stores.signIns),
    teams: notes.of("teams", stores.teams),
  };
}

/**
 * Every call of the stores of accounts, beside many other accounts.
 *
 * @throws Error when a method of a store is not called
 */
export async function recordAccounts(isolate: Isolate, recordCall: Recorder): Promise<void> {
  const { db, encryption, clock, management, contexts } = isolate;
  const notes = createCallNotes();
  const record = notes.through(recordCall);
  const {
    accounts,
    audit,
    goLive,
    keptForms,
    links,
    managementTokens,
    overviews,
    replyToProofs,
    summaries,
    secondFactors,
    serviceSettings,
    sessions,
    signIns,
    teams,
  } = openNotedStores(isolate, notes);
  const entry = (chain: NewAuditEntry["chain"] = INSTALLATION): NewAuditEntry => ({
    chain,
    actor: { kind: "system" },
    action: "name-changed",
  });
  const emailOf = (i: number) => ({ address: `p${i}@x.example`, normalised: `p${i}@x.example` });
  const mail = { network: "n", chargesOf: charges };
  const newSession = () => ({
    id: clock.newId() as SessionId,
    token: newToken(),
    browser: "",
    address: undefined,
    expiresAt: START + DAY_MS,
  });
  const link = <P extends LinkPurpose>(i: number, purpose: P) => ({
    purpose,
    token: newToken(),
    emailAddress: emailOf(i),
  });
  const registerAs = async (i: number) => {
    const issued = link(i, "registration");
    await links.issue(issued, { network: "n", chargesOf: () => [] }, START);
    const session = newSession();
    const user = {
      id: clock.newId() as UserId,
      name: "N",
      passwordHash: "h",
      language: "en",
    } as const;
    await accounts.register(issued, user, session, entry(), START);
    return { userId: user.id, sessionId: session.id, session };
  };
  for (let i = 0; i < 50; i++) {
    const { userId } = await registerAs(i);
    const id = clock.newId() as ServiceId;
    const service = { id, name: "S", settings: DEFAULT_SETTINGS };
    await teams.createService(service, userId, entry(id), START);
  }
  const a = "accounts";
  await record(a, () => links.issue(link(999, "registration"), mail, START));
  const { userId, sessionId, session } = await record(a, () => registerAs(1000));
  const promotion = { sessionId, userId, token: newToken(), rememberedBrowser: newToken() };
  await record(a, () => links.issueByOperator(link(1001, "operator"), entry(), START));
  await record(a, () => links.read("operator", newToken(), START));
  const reset = link(1000, "password-reset");
  await record(a, () => links.issue(reset, mail, START));
  await record(a, () => accounts.resetPassword(reset.token, "h", () => entry(), START));
  const change = { ...link(1002, "email-change"), userId };
  await record(a, () => links.issue(change, mail, START));
  await record(a, () => accounts.changeEmailAddress(change.token, () => entry(), START));
  await record(a, () => accounts.setPassword(userId, "h", sessionId, entry(), START));
  await record(a, () => accounts.setName(userId, "N", entry(), START));
  await record(a, () => accounts.setLanguage(userId, "uk", START));
  await record(a, () => accounts.find(emailOf(1)));
  await record(a, () => accounts.hasAny());
  await record(a, () => accounts.get(userId));
  await record(a, () => accounts.names([userId]));
  const attempt = { emailAddress: "p1@x.example", network: "n", rememberedBrowser: newToken() };
  const who = { userId, passwordHash: "h" };
  await record(a, () => signIns.begin(attempt, SIGN_IN_LIMIT, START));
  const another = { ...newSession(), isComplete: true };
  await record(a, () => signIns.open(attempt, SIGN_IN_LIMIT, another, who, entry(), START));
  await record(a, () => signIns.beginAgain(userId, SIGN_IN_LIMIT, START));
  await record(a, () => signIns.reauthenticate(userId, SIGN_IN_LIMIT, another, entry(), START));
  const text = { id: clock.newId(), sessionId, userId, number: "+447700900123", code: "123456" };
  await record(a, () => secondFactors.issueText(text, charges, START));
  const ref = { serviceId: OWN_SERVICE_ID, notificationId: clock.newNotificationId() };
  await record(a, () => secondFactors.setMessage(text.id, ref));
  await record(a, () => secondFactors.readText(sessionId, OWN_SERVICE_ID));
  await record(a, () => secondFactors.takeText(promotion, "123456", () => entry(), START));
  await record(a, () => secondFactors.startTotp(sessionId, userId, "ABCD", START));
  await record(a, () => secondFactors.tryTotpSetup(sessionId, START));
  const totp = { secret: "ABCD", step: 1 };
  await record(
    a,
    () => secondFactors.addTotp({ ...promotion, token: newToken() }, totp, entry(), START),
  );
  await record(a, () => secondFactors.countTry(userId, SIGN_IN_LIMIT, START));
  const next = { ...promotion, token: newToken() };
  await record(a, () => secondFactors.takeTotp(next, 2, SIGN_IN_LIMIT, entry(), START));
  const set = { id: clock.newId(), codes: ["a", "b"] };
  await record(a, () => secondFactors.replaceRecoveryCodes(userId, set, entry(), START));
  await record(
    a,
    () =>
      secondFactors.takeRecovery(
        { ...promotion, token: newToken() },
        "a",
        SIGN_IN_LIMIT,
        entry(),
        START,
      ),
  );
  await record(a, () => secondFactors.removeTotp(userId, entry(), START));
  const serviceId = clock.newId() as ServiceId;
  const service = { id: serviceId, name: "S", settings: DEFAULT_SETTINGS };
  await record(a, () => teams.createService(service, userId, entry(serviceId), START));
  await record(a, () => sessions.read(session.token, serviceId, START));
  await record(a, () => sessions.touch(sessionId, START + 1));
  await record(a, () => sessions.list(userId, START));
  await record(a, () => sessions.end(userId, sessionId, entry(), START));
  await record(a, () => sessions.endOthers(userId, another.id, entry(), START));
  await record(a, () => accounts.get(userId));
  await record(a, () => teams.listServices(userId));
  await record(a, () => summaries.readSummary(serviceId, ["day:2026-03-01:sms"], START));
  await record(a, () => overviews.readGuests(serviceId));
  await record(a, () => overviews.readKeys(serviceId, 9));
  await record(a, () => overviews.listServices(userId, { from: 0, to: 6 }));
  await record(a, () => teams.listMembers(serviceId));
  const invitation = {
    id: clock.newId() as InvitationId,
    serviceId,
    emailAddress: emailOf(1),
    roles: [],
    token: newToken(),
    expiresAt: START + DAY_MS,
  };
  const ofTeam = { service: charges(), address: charges };
  await record(a, () => teams.invite(invitation, ofTeam, entry(serviceId), START));
  const renewed = { token: newToken(), expiresAt: START + DAY_MS };
  await record(
    a,
    () => teams.renewInvitation(serviceId, invitation.id, renewed, ofTeam, entry(serviceId), START),
  );
  await record(a, () => teams.listInvitations(serviceId));
  await record(a, () => teams.readTeam(serviceId));
  await record(a, () => teams.readInvitation(renewed.token, START));
  const invited = await accounts.find(emailOf(1));
  if (invited === undefined) throw new Error("there is no account");
  await record(a, () => teams.acceptInvitation(renewed.token, invited.id, entry(serviceId), START));
  await record(
    a,
    () => teams.withdrawInvitation(serviceId, invitation.id, entry(serviceId), START),
  );
  await record(a, () => teams.setRoles(serviceId, invited.id, ["manage"], entry(serviceId), START));
  await record(a, () => teams.removeMember(serviceId, invited.id, entry(serviceId), START));
  await record(a, () => contexts.load(serviceId, { fresh: true }));
  await record(a, () => accounts.setState(userId, "blocked", entry(), START));
  await record(a, () => accounts.resetSecondFactor(userId, entry(), START));
  await record(a, () => accounts.makeOperator(newToken(), userId, entry(), START));
  await record(a, () => accounts.delete(userId, entry(), START));
  await record(a, () => accounts.hasOperator());
  await record(a, () => teams.listMembers(serviceId, { after: userId, limit: 9 }));
  await record(a, () => teams.getMember(serviceId, userId));
  await record(a, () => teams.listInvitations(serviceId, { after: invitation.id, limit: 9 }));
  const newTokenOf = (serviceId: ServiceId | undefined) => ({
    id: clock.newId() as ManagementTokenId,
    name: "T",
    serviceId,
    isReadOnly: false,
    expiresAt: START + DAY_MS,
    secret: newToken(),
  });
  const asked = {
    serviceId,
    volumes: { sms: 1 },
    contact: "ann@x.example",
    acceptsTerms: true,
  };
  const requestId = clock.newId() as GoLiveRequestId;
  const toAsk = { service: charges(), mail: charges() };
  await record(a, () => goLive.ask({ ...asked, id: requestId }, toAsk, entry(serviceId), START));
  await record(a, () => serviceSettings.read(serviceId, ["day:1970-01-01:sms"]));
  const proof = {
    serviceId,
    senderId: clock.newId() as SenderId,
    emailAddress: "replies@x.example",
    isDefault: true,
    askedBy: { kind: "system" },
  } as const;
  const proofToken = newToken();
  await record(
    a,
    () => replyToProofs.issue({ ...proof, token: proofToken }, ofTeam, entry(serviceId), START),
  );
  await record(a, () => replyToProofs.read(proofToken, START));
  await record(a, () => replyToProofs.complete(proofToken, proof, entry(serviceId), START));
  const mark = await record(a, () => keptForms.markOf(userId));
  const kept = await record(a, () => keptForms.keep(mark, { path: "/", fields: {} }, START));
  assert.deepEqual(await record(a, () => keptForms.take(userId, kept ?? "", "/", START)), {});
  await record(a, () => goLive.read(serviceId));
  await record(a, () => goLive.readRequest(requestId));
  await record(a, () => goLive.listWaiting(undefined, 9));
  await record(a, () => goLive.listWaiting(requestId, 9));
  await record(a, () => goLive.listOperators());
  const answer = { isApproved: true, reason: "R", limits: { sms: 9 } };
  await record(a, () => goLive.answer(serviceId, requestId, answer, entry(serviceId), START));
  for (let i = 0; i < 50; i++) await managementTokens.create(newTokenOf(undefined), entry(), START);
  const token = newTokenOf(serviceId);
  await record(a, () => managementTokens.create(token, entry(), START));
  await record(a, () => managementTokens.find(token.secret));
  await record(a, () => managementTokens.get(token.id));
  await record(a, () => managementTokens.noteUse(token.id, START - 1, START));
  await record(a, () => managementTokens.list({}, 9));
  await record(a, () => managementTokens.list({ olderThan: token.id }, 9));
  await record(a, () => managementTokens.list({ newerThan: token.id }, 9));
  await record(a, () => managementTokens.revoke(token.id, entry(), START));
  const keyId = clock.newId() as KeyId;
  await record(
    a,
    () => createKeyUseStore(db).write([{ serviceId, keyId, at: START, before: START - 1 }]),
  );
  const apiKey = { id: keyId, name: "k", kind: "live", secret: crypto.randomUUID() } as const;
  const guests = { emailAddresses: [], phoneNumbers: [] };
  const templateId = clock.newId() as TemplateId;
  const template = { id: templateId, channel: "sms", name: "t", subject: null, body: "b" } as const;
  const own = entry(serviceId);
  await record(a, () => management.createKey(serviceId, apiKey, START, own));
  await record(a, () => management.revokeKey(serviceId, keyId, START, own));
  await record(a, () => management.setGuests(serviceId, guests, START, own));
  await record(a, () => management.createTemplate(serviceId, template, START, own));
  await record(a, () => management.updateTemplate(serviceId, templateId, template, START, own));
  await record(a, () => management.archiveTemplate(serviceId, templateId, START, own));
  const query = { olderThan: 9, limit: 9 };
  await record(a, () => audit.append(entry(), START));
  await record(a, () => audit.list(INSTALLATION, query));
  await record(a, () => audit.list(INSTALLATION, { newerThan: 1, limit: 9 }));
  await record(a, () => audit.readService(serviceId, query));
  await record(a, () => audit.list(INSTALLATION, { ...query, actor: userId, action: "signed-in" }));
  await record(a, () => Array.fromAsync(audit.verify()));
  await record("purge accounts", () => createAccountRetention(db).purge(START + 99 * DAY_MS, 9));
  const key = createAccountKey(createDeploymentKey(db, encryption, clock));
  const cut = createAuditRetention({ db, key, keptDays: 1 });
  await record("purge accounts", () => cut.purge(START + 99 * DAY_MS, 9));
  assert.deepEqual([...notes.unused], [], "methods that are not called");
}
