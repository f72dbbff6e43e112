/** Rules for vectors in which GOV.UK Notify changes the address of a link. */
import { z } from "zod";
import type { Failure } from "./run_vectors.ts";

const htmlFailure = z.object({
  expected: z.array(z.union([z.string(), z.array(z.string())])),
  got: z.array(z.union([z.string(), z.array(z.string())])),
});
type Token = z.infer<typeof htmlFailure>["got"][number];

function isLink(token: Token): token is string[] {
  return typeof token !== "string" && token[0] === "<a";
}

function hrefOf(token: string[]): string {
  return (token.find((part) => part.startsWith("href=")) ?? "").slice("href=".length);
}

/** The text without white space and brackets, which move into addresses and out of them. */
function textOf(tokens: readonly Token[]): string {
  return tokens.filter((token) => typeof token === "string").join("").replace(/[\s)]+/g, "");
}

function tagsOf(tokens: readonly Token[]): string {
  const tags = tokens.filter((token) => typeof token !== "string" && !/^<a$/.test(token[0] ?? ""));
  return JSON.stringify(tags);
}

function decoded(address: string): string {
  try {
    return decodeURIComponent(address);
  } catch {
    // A lone percent sign.
    return address.replace(
      /%[0-7][0-9A-F]/gi,
      (code) => String.fromCharCode(Number.parseInt(code.slice(1), 16)),
    );
  }
}

/** Whether Hark's address is that of GOV.UK Notify without its percent-encoding, or with the part that it cut off. */
function mends(expected: string, got: string): boolean {
  if (!URL.canParse(got)) return false;
  if (URL.parse(expected)?.href === URL.parse(got)?.href) return true;
  const [theirs, own] = [decoded(expected), decoded(got)];
  return own.startsWith(theirs) || theirs === `${own}>`;
}

/** Whether both answers have the same links, but for addresses that Hark mends. */
function hasSameLinks(expected: readonly Token[], got: readonly Token[]): boolean {
  const [theirs, own] = [expected.filter(isLink), got.filter(isLink)];
  return theirs.length === own.length && theirs.every((link, index) => {
    const [address, mended] = [hrefOf(link), hrefOf(own[index] ?? [])];
    return address === mended || mends(address, mended);
  });
}

/** Whether a failure of `email_html` is in addresses alone, each of which Hark mends. */
export function explainsHtmlAddress(failure: Failure): boolean {
  const { success, data } = htmlFailure.safeParse(failure);
  return success && tagsOf(data.expected) === tagsOf(data.got) &&
    textOf(data.expected) === textOf(data.got) && hasSameLinks(data.expected, data.got);
}

/** The tags and texts without what the rules about addresses may move: addresses, and the `>` and `)` after them. */
function withoutAddresses(tokens: readonly Token[]): readonly Token[] {
  return tokens
    .map((token) =>
      typeof token === "string" ? token.replace(/[>)]+$/, "") : isLink(token) ? ["<a"] : token
    )
    .filter((token) => token !== "");
}

/** Removes the addresses from both answers of a failure of `email_html`; `undefined` where Hark does not mend one of them. */
export function ignoreAddresses(failure: Failure): Failure | undefined {
  const { success, data } = htmlFailure.safeParse(failure);
  if (!success || !hasSameLinks(data.expected, data.got)) return undefined;
  return {
    ...failure,
    expected: withoutAddresses(data.expected),
    got: withoutAddresses(data.got),
  };
}

const fields = z.looseObject({ body: z.string() });
const plainFailure = z.object({ expected: fields, got: fields });

/** The text as GOV.UK Notify would write it: spaces and quotes of addresses as typography leaves them. */
function asNotify(body: string): string {
  return body.replace(
    /https?:\/\/\S+/g,
    (address) => address.replaceAll("%20", " ").replaceAll("%22", "”").replace(/ +([,.])/g, "$1"),
  );
}

/** Whether a failure of `email_plain` is in the encoded spaces and quotes of addresses alone. */
export function explainsPlainAddress(failure: Failure): boolean {
  const { success, data } = plainFailure.safeParse(failure);
  if (!success) return false;
  const { expected, got } = data;
  const sorted = (value: Record<string, unknown>) =>
    JSON.stringify(Object.entries({ ...value, body: "" }).toSorted(([a], [b]) => a < b ? -1 : 1));
  return sorted(expected) === sorted(got) && expected.body !== got.body &&
    asNotify(got.body) === expected.body;
}
