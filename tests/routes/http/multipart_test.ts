import assert from "node:assert/strict";
import fc from "npm:fast-check@4.10.2";
import {
  MAX_BOUNDARY,
  MAX_PART_HEADER,
  readBoundary,
  readFilePart,
} from "../../../routes/http/multipart.ts";
import { UploadError } from "../../../application/jobs/upload_error.ts";
import { test } from "../../support/runner.ts";

/** A stream of the text in chunks of a size. */
function streamOf(text: string, size = 7): ReadableStream<Uint8Array> {
  const bytes = new TextEncoder().encode(text);
  let at = 0;
  return new ReadableStream({
    pull(controller) {
      if (at >= bytes.length) return controller.close();
      controller.enqueue(bytes.subarray(at, at += size));
    },
  });
}

const HEADER = 'Content-Disposition: form-data; name="file"; filename="list.csv"';

function form(content: string, header = HEADER, end = "--\r\n"): string {
  return `--b\r\n${header}\r\n\r\n${content}\r\n--b${end}`;
}

async function readAll(text: string, size?: number): Promise<string> {
  const { bytes } = await readFilePart(streamOf(text, size), "b");
  return await new Response(bytes).text();
}

async function faultOf(text: string, size?: number): Promise<string | undefined> {
  try {
    await readAll(text, size);
    return undefined;
  } catch (error) {
    return error instanceof UploadError ? error.fault.kind : String(error);
  }
}

test.inside("readFilePart: returns the file's bytes for any chunks", async () => {
  const unit = fc.constantFrom("\r", "\n", "\r\n", "-", "--", "b", "\r\n--", "x,y", "Є", "--b");
  const content = fc.array(unit, { maxLength: 30 }).map((parts) => parts.join(""))
    .filter((text) => !`${text}\r\n`.includes("\r\n--b"));
  await fc.assert(fc.asyncProperty(content, fc.integer({ min: 1, max: 40 }), async (text, size) => {
    assert.equal(await readAll(form(text), size), text);
  }));
});

test.inside("readFilePart: reads the forms of browsers and fetch", async () => {
  const body = new FormData();
  body.append("file", new File(["a,b\r\n1,2"], "люди та речі.csv", { type: "text/csv" }));
  const request = new Request("http://hark.test", { method: "POST", body });
  const boundary = readBoundary(request.headers.get("content-type") ?? "");
  assert(boundary !== undefined && request.body !== null);
  const { fileName, contentType, bytes } = await readFilePart(request.body, boundary);
  assert.equal(fileName, "люди та речі.csv");
  assert.equal(contentType, "text/csv");
  assert.equal(await new Response(bytes).text(), "a,b\r\n1,2");
});

test.inside("readFilePart: reads file names in every notation", async () => {
  const cases: readonly (readonly [string, string])[] = [
    ['filename="a b.csv"', "a b.csv"],
    ["filename=plain.csv", "plain.csv"],
    ['filename="a\\"b.csv"', 'a"b.csv'],
    ['filename="a%22b.csv"', 'a"b.csv'],
    ["filename*=UTF-8''%D0%B0.csv", "а.csv"],
    ["filename*=UTF-8''%FF", ""],
    ['filename=""', ""],
  ];
  for (const [parameter, expected] of cases) {
    const header = `content-disposition: form-data; name="f"; ${parameter}`;
    const { fileName, bytes } = await readFilePart(streamOf(form("x", header)), "b");
    await bytes.cancel();
    assert.equal(fileName, expected, parameter);
  }
});

test.inside("readFilePart: reports the fault of a form", async () => {
  const field = 'Content-Disposition: form-data; name="template_id"';
  const cases: readonly (readonly [string, string, string])[] = [
    ["nothing", "", "not-multipart"],
    ["another boundary", form("x").replaceAll("--b", "--c"), "not-multipart"],
    ["a boundary within a line", `x${form("x")}`, "not-multipart"],
    ["a form without parts", "--b--\r\n", "not-one-file"],
    ["a field that is no file", form("x", field), "not-one-file"],
    ["no headers at all", "--b\r\n\r\nx\r\n--b--", "not-multipart"],
    ["a second part", `${form("x", HEADER, "\r\n")}${HEADER}\r\n\r\ny\r\n--b--`, "not-one-file"],
    ["an end that never comes", "--b\r\n" + HEADER + "\r\n\r\nx", "interrupted"],
    ["text behind the boundary", form("x", HEADER, "xx\r\n"), "not-multipart"],
    [
      "long headers",
      form("x", `${HEADER}\r\nX: ${"x".repeat(3 * MAX_PART_HEADER)}`),
      "not-multipart",
    ],
  ];
  for (const [label, text, fault] of cases) {
    for (const size of [1, 1_000]) assert.equal(await faultOf(text, size), fault, label);
  }
});

test.inside("readFilePart: ignores a preamble and an epilogue", async () => {
  assert.equal(await readAll(`preamble\r\n${form("x")}`), "x");
  assert.equal(await readAll(form("x", HEADER, "--\r\n" + "epilogue ".repeat(2_000))), "x");
  assert.equal(await readAll(form("x", HEADER, "--")), "x");
  assert.equal(await readAll(form("")), "");
});

test.inside("readBoundary: accepts at most 70 characters", () => {
  const most = "x".repeat(MAX_BOUNDARY);
  assert.equal(readBoundary(`multipart/form-data; boundary=${most}`), most);
  assert.equal(readBoundary(`multipart/form-data; boundary=${most}x`), undefined);
  assert.equal(readBoundary('multipart/form-data; charset=x; boundary="a b"'), "a b");
  assert.equal(readBoundary("multipart/form-data"), undefined);
});
