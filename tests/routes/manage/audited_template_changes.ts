/** Requests to `/manage` that change folders and versions of templates, or are refused, and the entry that each leaves. */
import { NO_ID } from "../support.ts";
import { type Change, SERVICE } from "./audited_service_changes.ts";

const FOLDERS = `${SERVICE}/template_folders`;
const FOLDER = `${FOLDERS}/{folder_id}`;
const TEMPLATES = `${SERVICE}/templates`;
const TEMPLATE = `${TEMPLATES}/{template_id}`;
const move = { operation: `POST ${TEMPLATES}/move`, status: 200 } as const;
const archive = { operation: `POST ${TEMPLATES}/archive`, status: 200 } as const;
const restore = { operation: `POST ${TEMPLATE}/restore`, status: 200 } as const;
const restoreVersion = { operation: `POST ${TEMPLATE}/versions/{version}/restore` } as const;
const putSecond = { operation: `PUT ${TEMPLATE}`, body: { body: "B", based_on_version: 1 } };
const chosen = (ids: Readonly<Record<string, string>>) => ({ template_ids: [ids["template_id"]] });

/** The changes, in an order in which each finds what it needs. */
export const TEMPLATE_CHANGES: readonly Change[] = [
  {
    operation: `POST ${TEMPLATES}`,
    body: { channel: "sms", name: "Foldered", body: "A" },
    status: 201,
    action: "template-created",
    keep: "template_id",
  },
  { ...putSecond, status: 200, action: "template-changed" },
  { ...putSecond, status: 409, action: undefined },
  {
    operation: `POST ${FOLDERS}`,
    body: { name: "Letters" },
    status: 201,
    action: "template-folder-created",
    keep: "folder_id",
  },
  { operation: `POST ${FOLDERS}`, body: { name: "letters" }, status: 409, action: undefined },
  {
    operation: `PATCH ${FOLDER}`,
    body: { name: "Post" },
    status: 200,
    action: "template-folder-changed",
  },
  { operation: `PATCH ${FOLDER}`, body: { name: "" }, status: 400, action: undefined },
  {
    ...move,
    body: (ids) => ({ ...chosen(ids), folder_id: ids["folder_id"] }),
    action: "templates-moved",
  },
  {
    ...move,
    body: (ids) => ({ ...chosen(ids), folder_id: ids["folder_id"] }),
    action: undefined,
  },
  {
    ...move,
    body: (ids) => ({ ...chosen(ids), folder_id: NO_ID }),
    status: 404,
    action: undefined,
  },
  { ...restoreVersion, ids: { version: "1" }, status: 200, action: "template-changed" },
  { ...restoreVersion, ids: { version: "9" }, status: 404, action: undefined },
  { ...archive, body: chosen, action: "template-archived" },
  { ...archive, body: chosen, action: undefined },
  { ...restoreVersion, ids: { version: "1" }, status: 409, action: undefined },
  { ...restore, action: "template-restored" },
  { ...restore, action: undefined },
  { operation: `DELETE ${FOLDER}`, status: 204, action: "template-folder-deleted" },
  { operation: `DELETE ${FOLDER}`, status: 404, action: undefined },
];
