/**
 * One module writes `notifications.status` after the accept: reads all SQL of the adapters and refuses another writer.
 */
import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const ADAPTERS = fileURLToPath(new URL("../../../adapters", import.meta.url));

/** The file that may write the status of a notification that has been accepted. */
const WRITER = "libsql/notifications/status_transition.ts";

/** Placeholder for an expression in the template of a statement. */
const COMPUTED = "${}";

/** The table, quoted or not, with or without its schema; or one whose name the source computes. */
const TABLE = String.raw`(?:\w+\s*\.\s*)?(?:["'\x60[]?notifications["'\x60\]]?(?!\w)|\$\{\})`;
const UPDATE = new RegExp(String.raw`\bUPDATE\s+(?:OR\s+\w+\s+)?${TABLE}(?<rest>[\s\S]*)`, "gi");
const INSERT = new RegExp(String.raw`\bINSERT\s+INTO\s+${TABLE}(?<rest>[\s\S]*)`, "gi");
const REPLACE = new RegExp(
  String.raw`\b(?:REPLACE|INSERT\s+OR\s+REPLACE)\s+INTO\s+${TABLE}`,
  "gi",
);
/** The assignments of an update, up to the clause that ends them. */
const SET = /\bSET\b(?<assignments>[\s\S]*?)(?:\bFROM\b|\bWHERE\b|\bRETURNING\b|;|$)/i;
/** Names `status` as a column to write, alone or in a list, or leaves the columns to the source. */
const WRITES_STATUS =
  /(?<![\w.>'])["'`[]?status["'`\]]?\s*(?:=|,[^=()]*\)\s*=|\)\s*=)|\$\{\}\s*(?:=|,|$)/i;

/** Whether a statement writes the status of a notification that is there, or may do so. */
function writesStatus(sql: string): boolean {
  const updates = [...sql.matchAll(UPDATE)].some(({ groups }) => {
    const assignments = SET.exec(groups?.rest ?? "")?.groups?.assignments;
    return assignments === undefined || WRITES_STATUS.test(assignments);
  });
  const upserts = [...sql.matchAll(INSERT)]
    .some(({ groups }) => /\bDO\s+UPDATE\b/i.test(groups?.rest ?? ""));
  return updates || upserts || sql.search(REPLACE) >= 0;
}

/** The text of a string, a template or a sum of them; `undefined` for any other expression. */
function textOf(node: Deno.lint.Node): string | undefined {
  switch (node.type) {
    case "Literal":
      return typeof node.value === "string" ? node.value : undefined;
    case "TemplateLiteral":
      return node.quasis.map(({ raw }) => raw).join(COMPUTED);
    case "BinaryExpression": {
      if (node.operator !== "+") return undefined;
      const [left, right] = [textOf(node.left), textOf(node.right)];
      return left === undefined && right === undefined
        ? undefined
        : `${left ?? COMPUTED}${right ?? COMPUTED}`;
    }
    default:
      return undefined;
  }
}

type Text = Deno.lint.Literal | Deno.lint.TemplateLiteral | Deno.lint.BinaryExpression;

/** Every text of a source file; a sum of texts counts as one. */
function textsOf(name: string, source: string): readonly string[] {
  const texts: string[] = [];
  const collect = (node: Text) => {
    const { parent } = node;
    const text = textOf(node);
    if (parent.type === "BinaryExpression" && parent.operator === "+") return;
    if (text !== undefined) texts.push(text);
  };
  const plugin: Deno.lint.Plugin = {
    name: "texts",
    rules: {
      texts: {
        create: () => ({
          Literal: collect,
          TemplateLiteral: collect,
          BinaryExpression: collect,
        }),
      },
    },
  };
  Deno.lint.runPlugin(plugin, name, source);
  return texts;
}

/** The statements of a source file that write the status of an existing notification. */
function statusWriters(name: string, source: string): readonly string[] {
  return textsOf(name, source).filter(writesStatus);
}

const OFFENDERS: Readonly<Record<string, string>> = {
  "a plain update": "db.write([`UPDATE notifications SET status = 'sent' WHERE id = ?`])",
  "another case and spacing": "const SQL = `update\n notifications\n  set status='sent'`;",
  "a quoted string": "const SQL = \"UPDATE notifications SET status = 'sent'\";",
  "a sum of strings": 'const SQL = "UPDATE notifications " + "SET status_at = ?, " + "status = ?";',
  "an alias": "const SQL = `UPDATE notifications AS n SET sent_at = ?, status = 'sent'`;",
  "an index": "const SQL = `UPDATE notifications INDEXED BY x SET status = 'sent'`;",
  "a conflict clause": "const SQL = `UPDATE OR IGNORE notifications SET status = 'sent'`;",
  "a quoted table": 'const SQL = `UPDATE "notifications" SET "status" = \'sent\'`;',
  "a schema": "const SQL = `UPDATE main.notifications SET status = 'sent'`;",
  "a list of columns": "const SQL = `UPDATE notifications SET (status, status_at) = (?, ?)`;",
  "the end of such a list": "const SQL = `UPDATE notifications SET (status_at, status) = (?, ?)`;",
  "a computed table": "const SQL = `UPDATE ${table} SET status = 'sent'`;",
  "a computed column": "const SQL = `UPDATE notifications SET ${column} = ? WHERE id = ?`;",
  "computed assignments": "const SQL = `UPDATE notifications SET ${assignments} WHERE id = ?`;",
  "an update that continues elsewhere": "const SQL = `${ROWS} UPDATE notifications `;",
  "an update in a trigger":
    "const SQL = `CREATE TRIGGER t AFTER INSERT ON x BEGIN UPDATE notifications SET status = 'a'; END`;",
  "an upsert":
    "const SQL = `INSERT INTO notifications (id) VALUES (?) ON CONFLICT (id) DO UPDATE SET status = 'sent'`;",
  "a replace": "const SQL = `REPLACE INTO notifications (id, status) VALUES (?, ?)`;",
  "an insert or replace": "const SQL = `INSERT OR REPLACE INTO notifications (id) VALUES (?)`;",
};

const HARMLESS: Readonly<Record<string, string>> = {
  "the accept":
    "const SQL = `INSERT INTO notifications (id, status) SELECT ${x} FROM r ON CONFLICT (id) DO NOTHING`;",
  "another column":
    "const SQL = `UPDATE notifications SET sent_at = ?, status_at = ? WHERE id = ?`;",
  "a status in the condition":
    "const SQL = `UPDATE notifications SET sent_at = ? FROM ${HELD} WHERE status = 'sent'`;",
  "another table": "const SQL = `UPDATE jobs SET status = 'cancelled' WHERE id = ?`;",
  "a table of a longer name": "const SQL = `UPDATE notifications_archive SET status = 'sent'`;",
  "a comment": "// UPDATE notifications SET status = 'sent'\nconst SQL = 1;",
};

for (const [name, source] of Object.entries(OFFENDERS)) {
  Deno.test(`statusWriters: finds ${name}`, () => {
    assert.equal(statusWriters("planted.ts", source).length, 1);
  });
}

for (const [name, source] of Object.entries(HARMLESS)) {
  Deno.test(`statusWriters: ignores ${name}`, () => {
    assert.deepEqual(statusWriters("planted.ts", source), []);
  });
}

Deno.test("adapters: one module writes notifications.status after the accept", async () => {
  const names = (await readdir(ADAPTERS, { recursive: true })).filter((name) =>
    name.endsWith(".ts")
  );
  assert.ok(names.length > 40, "the folder is read");
  const writers: string[] = [];
  for (const name of names) {
    const fileWriters = statusWriters(name, await readFile(join(ADAPTERS, name), "utf8"));
    if (fileWriters.length > 0) writers.push(name.replaceAll("\\", "/"));
  }
  assert.deepEqual(writers, [WRITER]);
});
