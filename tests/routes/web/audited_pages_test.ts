/** Each form of a service's pages and of the tokens' that changes something leaves one entry, in the batch of the change. */
import assert from "node:assert/strict";
import type { AuditAction } from "../../../domain/accounts/audit.ts";
import { startWatched } from "../audited_changes.ts";
import { newMember } from "../manage/team_support.ts";
import { ANN, createService, type Fields, registerPerson } from "../../support/web_client.ts";
import { test } from "../../support/runner.ts";

type Ids = Record<string, string>;

/** A form that is sent, and what it leaves. */
interface Form {
  readonly path: (ids: Ids) => string;
  /** The page that has the form; the address that it is sent to by default. */
  readonly from?: (ids: Ids) => string;
  readonly fields: Fields | ((ids: Ids) => Fields);
  readonly status: number;
  /** `undefined` for a form that is refused, or that changes nothing. */
  readonly action: AuditAction | undefined;
}

const NEW_KEY = ({ path }: Ids) => `${path}/keys/new`;
const INVITE = ({ path }: Ids) => `${path}/team/invite`;
const MEMBER = ({ path, user_id }: Ids) => `${path}/team/${user_id}`;
const SETTINGS = ({ path }: Ids) => `${path}/settings`;
const SENDERS = ({ path }: Ids) => `${path}/settings/senders`;
const CALLBACK = ({ path }: Ids) => `${path}/callbacks/delivery`;
const ARCHIVE = ({ path }: Ids) => `${path}/archive`;
const RESTORE = ({ path }: Ids) => `${path}/restore`;
const senderFields = ({ key_id }: Ids) => ({
  sender_id: key_id ?? "",
  channel: "sms",
  action: "add",
  sms_sender: "TAX",
});
const proofFields = ({ token_id }: Ids) => ({
  sender_id: token_id ?? "",
  channel: "email",
  action: "add",
  email_address: "replies@example.com",
});
const NEW_TEMPLATE = ({ path }: Ids) => `${path}/templates/new`;
const NEW_FOLDER = ({ path }: Ids) => `${path}/templates/folders/new`;
const TEXT = { name: "Text", body: "Hi", do: "save" } as const;
const templateFields = ({ key_id }: Ids) => ({ ...TEXT, id: key_id ?? "" });
const folderFields = ({ key_id }: Ids) => ({ id: key_id ?? "", name: "Letters" });
const NEW_TOKEN = () => "/operator/tokens/new";
const keyFields = ({ key_id }: Ids) => ({ id: key_id ?? "", name: "K", kind: "test" });
const tokenFields = ({ token_id }: Ids) => ({
  id: token_id ?? "",
  name: "T",
  reach: "all",
  rights: "read",
});

const FORMS: readonly Form[] = [
  {
    path: () => "/services/new",
    fields: { name: "Dogs", purpose: "Reminders", channels: ["sms"] },
    status: 303,
    action: "service-created",
  },
  {
    path: () => "/services/new",
    fields: { name: "", channels: ["sms"] },
    status: 422,
    action: undefined,
  },
  {
    path: ({ path }) => `${path}/purpose`,
    fields: { purpose: "Letters" },
    status: 303,
    action: "service-changed",
  },
  {
    path: ({ path }) => `${path}/purpose`,
    fields: { purpose: " " },
    status: 422,
    action: undefined,
  },
  { path: NEW_KEY, fields: keyFields, status: 200, action: "key-created" },
  { path: NEW_KEY, fields: keyFields, status: 200, action: undefined },
  { path: NEW_KEY, fields: { name: "", kind: "test" }, status: 422, action: undefined },
  {
    path: ({ path, key_id }) => `${path}/keys/${key_id}/revoke`,
    fields: {},
    status: 303,
    action: "key-revoked",
  },
  {
    path: ({ path }) => `${path}/guests`,
    fields: { email_addresses: "cy@example.com", phone_numbers: "" },
    status: 303,
    action: "guests-changed",
  },
  {
    path: ({ path }) => `${path}/guests`,
    fields: { email_addresses: "cy", phone_numbers: "" },
    status: 422,
    action: undefined,
  },
  { path: NEW_TEMPLATE, fields: templateFields, status: 303, action: "template-created" },
  { path: NEW_TEMPLATE, fields: templateFields, status: 303, action: undefined },
  { path: NEW_TEMPLATE, fields: { ...TEXT, name: "" }, status: 422, action: undefined },
  { path: NEW_TEMPLATE, fields: { ...TEXT, do: "preview" }, status: 200, action: undefined },
  {
    path: ({ path, key_id }) => `${path}/templates/${key_id}/edit`,
    fields: { ...TEXT, body: "New" },
    status: 303,
    action: "template-changed",
  },
  {
    path: ({ path, key_id }) => `${path}/templates/${key_id}/edit`,
    fields: { ...TEXT, body: "Stale", version: "1" },
    status: 409,
    action: undefined,
  },
  {
    path: ({ path, key_id }) => `${path}/templates/${key_id}/history/1/restore`,
    from: ({ path, key_id }) => `${path}/templates/${key_id}/history/1`,
    fields: {},
    status: 303,
    action: "template-changed",
  },
  {
    path: ({ path, key_id }) => `${path}/templates/${key_id}/state`,
    from: ({ path, key_id }) => `${path}/templates/${key_id}`,
    fields: { do: "archive" },
    status: 303,
    action: "template-archived",
  },
  {
    path: ({ path, key_id }) => `${path}/templates/${key_id}/state`,
    from: ({ path, key_id }) => `${path}/templates/${key_id}`,
    fields: { do: "restore" },
    status: 303,
    action: "template-restored",
  },
  { path: NEW_FOLDER, fields: folderFields, status: 303, action: "template-folder-created" },
  { path: NEW_FOLDER, fields: folderFields, status: 303, action: undefined },
  {
    path: ({ path }) => `${path}/templates/chosen`,
    from: ({ path }) => `${path}/templates`,
    fields: ({ key_id = "" }) => ({ chosen: [key_id], folder_id: key_id, do: "move" }),
    status: 303,
    action: "templates-moved",
  },
  {
    path: ({ path }) => `${path}/templates/chosen`,
    from: ({ path }) => `${path}/templates`,
    fields: { do: "archive" },
    status: 422,
    action: undefined,
  },
  {
    path: ({ path, key_id }) => `${path}/templates/folders/${key_id}`,
    fields: { name: "Post" },
    status: 303,
    action: "template-folder-changed",
  },
  {
    path: ({ path, key_id }) => `${path}/templates/folders/${key_id}`,
    fields: { do: "delete" },
    status: 303,
    action: "template-folder-deleted",
  },
  {
    path: INVITE,
    fields: { email_address: "cy@example.com", roles: ["view"] },
    status: 303,
    action: "invitation-created",
  },
  { path: INVITE, fields: { email_address: "cy" }, status: 422, action: undefined },
  {
    path: MEMBER,
    fields: { action: "save", roles: ["view"] },
    status: 303,
    action: "member-roles-changed",
  },
  { path: MEMBER, fields: { action: "remove" }, status: 303, action: "member-removed" },
  {
    path: ({ path, self_id }) => `${path}/team/${self_id}`,
    fields: { action: "remove" },
    status: 422,
    action: undefined,
  },
  {
    path: SETTINGS,
    fields: { section: "times", time_zone: "Europe/Kyiv" },
    status: 303,
    action: "service-changed",
  },
  {
    path: SETTINGS,
    fields: { section: "times", time_zone: "Kyiv" },
    status: 422,
    action: undefined,
  },
  { path: SENDERS, from: SETTINGS, fields: senderFields, status: 303, action: "sender-created" },
  { path: SENDERS, from: SETTINGS, fields: senderFields, status: 303, action: undefined },
  {
    path: SENDERS,
    from: SETTINGS,
    fields: (ids) => ({ ...senderFields(ids), action: "default" }),
    status: 303,
    action: "sender-changed",
  },
  {
    path: SENDERS,
    from: SETTINGS,
    fields: (ids) => ({ ...senderFields(ids), action: "remove" }),
    status: 303,
    action: "sender-deleted",
  },
  {
    path: SENDERS,
    from: SETTINGS,
    fields: proofFields,
    status: 303,
    action: "reply-to-proof-sent",
  },
  { path: SENDERS, from: SETTINGS, fields: proofFields, status: 303, action: undefined },
  {
    path: CALLBACK,
    fields: { action: "save", url: "http://127.0.0.1:1/", bearer_token: "0123456789" },
    status: 200,
    action: "callback-changed",
  },
  { path: CALLBACK, fields: { action: "save", url: "" }, status: 422, action: undefined },
  { path: CALLBACK, fields: { action: "test" }, status: 200, action: undefined },
  { path: CALLBACK, fields: { action: "remove" }, status: 303, action: "callback-deleted" },
  {
    path: ({ path }) => `${path}/go-live`,
    fields: ({ key_id }) => ({ id: key_id ?? "", volume_sms: "1", contact: "a@b.example" }),
    status: 422,
    action: undefined,
  },
  { path: ARCHIVE, fields: { name: "Dogs" }, status: 422, action: undefined },
  { path: ARCHIVE, fields: { name: "Vehicle tax" }, status: 303, action: "service-archived" },
  { path: SETTINGS, fields: { section: "times" }, status: 403, action: undefined },
  { path: RESTORE, from: SETTINGS, fields: {}, status: 303, action: "service-restored" },
  { path: RESTORE, from: SETTINGS, fields: {}, status: 303, action: undefined },
  { path: NEW_TOKEN, fields: tokenFields, status: 200, action: "management-token-created" },
  { path: NEW_TOKEN, fields: tokenFields, status: 200, action: undefined },
  {
    path: ({ token_id }) => `/operator/tokens/${token_id}/revoke`,
    fields: {},
    status: 303,
    action: "management-token-revoked",
  },
];

test.inside("pages: each form that changes something has one entry of the person in its batch, and a refused one has none", async () => {
  await using watched = await startWatched({ environment: { REGISTRATION_DOMAINS: "*" } });
  const { hark } = watched;
  const client = await registerPerson(hark);
  const path = await createService(client);
  const made = await hark.manage("POST", "/manage/operators", { email_address: ANN.email });
  const { url } = await made.json();
  await client.post(new URL(url).pathname, {});
  const self = new RegExp(`${path}/team/([0-9a-f-]{36})"`).exec(
    (await client.get(`${path}/team`)).text,
  );
  const ids: Ids = {
    path,
    key_id: crypto.randomUUID(),
    token_id: crypto.randomUUID(),
    self_id: self?.[1] ?? "",
    user_id: await newMember(hark, path.split("/").at(-1) ?? "", "bob@example.com", ["send"]),
  };
  await watched.takeEntries();
  for (const [index, { path, from, fields, status, action }] of FORMS.entries()) {
    const label = `${index}: ${path(ids)}`;
    const answer = await client.post(
      path(ids),
      typeof fields === "function" ? fields(ids) : fields,
      { from: (from ?? path)(ids) },
    );
    assert.equal(answer.status, status, label);
    if (action === undefined) assert.deepEqual(await watched.takeEntries(), [], label);
    else await watched.assertOneEntry("user", action, label);
  }
});
