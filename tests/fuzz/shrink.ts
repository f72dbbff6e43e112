/** Makes a failing request smaller while it still fails. */
import { isJsonObject } from "../../domain/json/json_object.ts";
import { parseJson } from "../../domain/json/parse_json.ts";
import type { FuzzRequest } from "./request.ts";

/** The most requests that shrinking sends. */
const MAX_TRIES = 120;

const ENCODER = new TextEncoder();
const DECODER = new TextDecoder();

/** Returns the smallest request found for which `fails` holds, which begins with the given one. */
export async function shrink(
  request: FuzzRequest,
  fails: (candidate: FuzzRequest) => Promise<boolean>,
): Promise<FuzzRequest> {
  let smallest = request;
  let tries = 0;
  for (let isSmaller = true; isSmaller;) {
    isSmaller = false;
    for (const candidate of smallerRequests(smallest)) {
      if (tries >= MAX_TRIES) return smallest;
      tries += 1;
      if (!await fails(candidate)) continue;
      smallest = candidate;
      isSmaller = true;
      break;
    }
  }
  return smallest;
}

function* smallerRequests(request: FuzzRequest): Generator<FuzzRequest> {
  const { body, delivery, headers, target } = request;
  if (delivery !== "whole") yield { ...request, delivery: "whole" };
  for (const at of headers.keys()) {
    yield { ...request, headers: headers.filter((_, index) => index !== at) };
  }
  const [path = "", query] = target.split("?", 2);
  const parameters = query?.split("&") ?? [];
  for (const at of parameters.keys()) {
    const kept = parameters.filter((_, index) => index !== at).join("&");
    yield { ...request, target: kept === "" ? path : `${path}?${kept}` };
  }
  if (body.length === 0) return;
  yield { ...request, body: new Uint8Array() };
  const json = parseJson(DECODER.decode(body));
  if (json !== undefined) {
    for (const value of smallerValues(json)) {
      const text = JSON.stringify(value);
      if (text !== undefined && text.length < body.length) {
        yield { ...request, body: ENCODER.encode(text) };
      }
    }
    return;
  }
  const half = Math.floor(body.length / 2);
  if (half === 0) return;
  yield { ...request, body: body.slice(0, half) };
  yield { ...request, body: body.slice(half) };
}

/** Values with one part less, or with one part halved; the large steps first. */
function* smallerValues(value: unknown): Generator<unknown> {
  if (typeof value === "string" && value.length > 1) {
    yield "";
    yield value.slice(0, Math.floor(value.length / 2));
    yield value.slice(Math.floor(value.length / 2));
  }
  if (Array.isArray(value)) {
    if (value.length > 1) {
      yield value.slice(0, Math.floor(value.length / 2));
      yield value.slice(Math.floor(value.length / 2));
    }
    for (const [at, item] of value.entries()) {
      for (const smaller of smallerValues(item)) {
        yield value.map((other, index) => index === at ? smaller : other);
      }
    }
  }
  if (isJsonObject(value)) {
    const entries = Object.entries(value);
    for (const [name] of entries) {
      yield Object.fromEntries(entries.filter(([other]) => other !== name));
    }
    for (const [name, item] of entries) {
      for (const smaller of smallerValues(item)) yield { ...value, [name]: smaller };
    }
  }
}
