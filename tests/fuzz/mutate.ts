/** Mutations of a valid request: one to three changes of its body, address, headers, method or delivery. */
import { parseJson } from "../../domain/json/parse_json.ts";
import type { Choices } from "./choices.ts";
import { pathsOf, putJsonText, replaceAt } from "./json_paths.ts";
import { ODD_TEXTS, oddJson } from "./odd_values.ts";
import { type FuzzRequest, ODD_DELIVERIES } from "./request.ts";

type Mutation = (request: FuzzRequest, choices: Choices) => FuzzRequest;

const ENCODER = new TextEncoder();
const DECODER = new TextDecoder();

/** Changes a request one to three times. */
export function mutate(request: FuzzRequest, choices: Choices): FuzzRequest {
  let mutated = request;
  for (let count = choices.pick([1, 1, 1, 2, 3]); count > 0; count -= 1) {
    mutated = pickMutation(mutated, choices)(mutated, choices);
  }
  return mutated;
}

function pickMutation(request: FuzzRequest, choices: Choices): Mutation {
  const bodyFirst = request.body.length > 0 && choices.chance(0.65);
  if (bodyFirst) {
    return choices.pick([
      mutateValue,
      mutateValue,
      mutateValue,
      mutateKey,
      mutateText,
      truncateBody,
    ]);
  }
  return choices.pick([
    mutateQuery,
    mutateQuery,
    mutatePath,
    mutateHeader,
    addHeader,
    changeMethod,
    changeDelivery,
    changeDelivery,
    changeBody,
  ]);
}

function withBody(request: FuzzRequest, text: string): FuzzRequest {
  return { ...request, body: ENCODER.encode(text) };
}

function readJson({ body }: FuzzRequest): unknown {
  return parseJson(DECODER.decode(body));
}

function mutateValue(request: FuzzRequest, choices: Choices): FuzzRequest {
  const json = readJson(request);
  if (json === undefined) return mutateText(request, choices);
  const path = choices.pick(pathsOf(json));
  const text = choices.chance(0.15)
    ? JSON.stringify(replaceAt(json, path, undefined)) ?? ""
    : putJsonText(json, path, oddJson(choices));
  return withBody(request, text);
}

function mutateKey(request: FuzzRequest, choices: Choices): FuzzRequest {
  const json = readJson(request);
  if (json === undefined) return mutateText(request, choices);
  const path = choices.pick(pathsOf(json));
  const key = choices.pick(["unknown", "__proto__", ...ODD_TEXTS]);
  return withBody(request, JSON.stringify(replaceAt(json, [...path, key], "x")) ?? "");
}

/** Changes bytes: flips, doubles or removes a piece. */
function mutateText(request: FuzzRequest, choices: Choices): FuzzRequest {
  const { body } = request;
  const at = choices.whole(0, Math.max(0, body.length - 1));
  const end = Math.min(body.length, at + choices.whole(1, 20));
  const piece = choices.pick([
    new Uint8Array(),
    body.slice(at, end),
    Uint8Array.of(0),
    Uint8Array.of(0xff, 0xfe),
    Uint8Array.of(0xed, 0xa0, 0x80),
    ENCODER.encode('"'),
    ENCODER.encode("\n"),
    ENCODER.encode(","),
    ENCODER.encode(choices.pick(ODD_TEXTS)),
  ]);
  const after = body.subarray(choices.chance(0.5) ? end : at);
  return { ...request, body: concat([body.subarray(0, at), piece, after]) };
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

function truncateBody(request: FuzzRequest, choices: Choices): FuzzRequest {
  return { ...request, body: request.body.slice(0, choices.whole(0, request.body.length)) };
}

function mutateQuery(request: FuzzRequest, choices: Choices): FuzzRequest {
  const [path = "", query = ""] = request.target.split("?", 2);
  const parameters = query === "" ? [] : query.split("&");
  const odd = encodeOdd(choices);
  const known = parameters.map((parameter) => parameter.split("=", 1)[0] ?? "");
  const name = choices.pick([
    ...known,
    ...known,
    "page",
    "older_than",
    "after",
    "to",
    "limit",
    "offset",
    "status",
    "template_type",
    "reference",
    "include_jobs",
    odd,
  ]);
  const changed = choices.chance(0.3) && parameters.length > 0
    ? parameters.slice(1)
    : [...parameters.filter((parameter) => !parameter.startsWith(`${name}=`)), `${name}=${odd}`];
  const repeated = choices.chance(0.1) ? [...changed, ...changed] : changed;
  return { ...request, target: bound(`${path}?${repeated.join("&")}`) };
}

function mutatePath(request: FuzzRequest, choices: Choices): FuzzRequest {
  const [path = "", ...query] = request.target.split("?");
  const segments = path.split("/");
  const at = choices.whole(1, Math.max(1, segments.length - 1));
  const odd = choices.pick([
    encodeOdd(choices),
    encodeOdd(choices),
    "..",
    ".",
    "",
    "%2f",
    "%",
    ";a",
  ]);
  const changed = choices.chance(0.2)
    ? [...segments, odd]
    : segments.map((segment, index) => index === at ? odd : segment);
  return { ...request, target: bound([changed.join("/") || "/", ...query].join("?")) };
}

/** Escapes an odd text for an address; some stay as wrongly escaped as they are. */
function encodeOdd(choices: Choices): string {
  const text = choices.pick(ODD_TEXTS).toWellFormed().slice(0, 2_000);
  return /^[%\w.-]+$/.test(text) ? text : encodeURIComponent(text);
}

/** The longest address that is sent as an ordinary mutation; longer ones are cases of the hostile suite. */
function bound(target: string): string {
  return target.slice(0, 8_000);
}

function toHeaderValue(text: string): string {
  return text.replaceAll(/[^\x20-\x7e\x80-\xff]/g, "").slice(0, 4_000);
}

function mutateHeader(request: FuzzRequest, choices: Choices): FuzzRequest {
  if (request.headers.length === 0) return addHeader(request, choices);
  const at = choices.whole(0, request.headers.length - 1);
  const odd = toHeaderValue(choices.pick(ODD_TEXTS));
  const headers = request.headers.flatMap(([name, value], index) => {
    if (index !== at) return [[name, value] as const];
    switch (choices.whole(0, 3)) {
      case 0:
        return [];
      case 1:
        return [[name, value] as const, [name, value] as const];
      case 2:
        return [[name, value.slice(0, choices.whole(0, value.length))] as const];
      default:
        return [[name, odd] as const];
    }
  });
  return { ...request, headers };
}

const ADDED_HEADERS = [
  "Idempotency-Key",
  "Accept-Language",
  "Accept",
  "Content-Type",
  "Content-Encoding",
  "If-None-Match",
  "Last-Event-ID",
  "Origin",
  "Range",
  "X-Forwarded-For",
  "X-Forwarded-Host",
  "X-Forwarded-Proto",
  "Cookie",
  "X-HTTP-Method-Override",
] as const;

const HEADER_VALUES = [
  "*/*",
  "text/csv",
  "application/json; charset=utf-16",
  "multipart/form-data",
  "multipart/form-data; boundary=",
  "multipart/form-data; boundary=" + "b".repeat(300),
  "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
  "gzip",
  "uk, en;q=0.5, *;q=0",
  "en-" + "a-".repeat(200),
  "bytes=0-1,2-3",
  "1",
  "-1",
  "999999999999999999999",
] as const;

function addHeader(request: FuzzRequest, choices: Choices): FuzzRequest {
  const name = choices.pick(ADDED_HEADERS);
  const value = choices.chance(0.5)
    ? choices.pick(HEADER_VALUES)
    : toHeaderValue(choices.pick(ODD_TEXTS));
  const others = request.headers.filter(([other]) => other.toLowerCase() !== name.toLowerCase());
  return { ...request, headers: [...others, [name, value]] };
}

function changeMethod(request: FuzzRequest, choices: Choices): FuzzRequest {
  const methods = [
    "GET",
    "HEAD",
    "POST",
    "PUT",
    "PATCH",
    "OPTIONS",
    "TRACE",
    "PROPFIND",
    "X",
    "get",
  ];
  return { ...request, method: choices.pick(methods) };
}

function changeDelivery(request: FuzzRequest, choices: Choices): FuzzRequest {
  return { ...request, delivery: choices.pick(["chunked", ...ODD_DELIVERIES]) };
}

function changeBody(request: FuzzRequest, choices: Choices): FuzzRequest {
  return withBody(request, oddJson(choices));
}
