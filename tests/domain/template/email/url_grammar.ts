/** Web addresses from a grammar, for properties. */
import fc from "npm:fast-check@4.10.2";

const label = fc.stringMatching(/^[a-z][a-z0-9]{0,5}$/);
const host = fc.oneof(
  { weight: 4, arbitrary: fc.tuple(label, label).map(([name, zone]) => `${name}.${zone}x`) },
  fc.constantFrom("пошта.укр", "bücher.example", "例え.jp", "127.0.0.1", "[::1]", "localhost"),
);
const userinfo = fc.constantFrom("", "", "", "user@", "u:p@", "o'b@", "a+b@");
const port = fc.constantFrom("", "", "", ":8080", ":443");
const MARKS = "ab09-._~!$&'*+,;=:@%20|шї文é";
const PIECES = [
  ..."abcdefgh019",
  ...MARKS,
  "%2F",
  "%E2%82%AC",
  "(a)",
  "(b_(c))",
  "[1]",
  "{x}",
  "^",
  "`",
  "O'Brien",
  '"q"',
  "_a_",
  "*b*",
  "**",
  "~~",
  "--",
  " -",
  "...",
  "GOV.UK",
  "www.",
  "http://x.y",
].filter((piece) => !piece.includes(" "));
const NAMES = [
  "region",
  "section",
  "notice",
  "registration",
  "currency",
  "timestamp",
  "copy",
  "amp",
  "lt",
  "gt",
  "not",
  "para",
  "quot",
  "eacute",
  "Uuml",
  "copy;",
  "region;",
];
const text = fc.array(fc.constantFrom(...PIECES), { maxLength: 6 }).map((parts) => parts.join(""));
const query = fc.oneof(
  fc.constant(""),
  text.map((part) => `?${part}`),
  fc.array(fc.tuple(fc.constantFrom(...NAMES, "id", "a"), fc.constantFrom("=", "", "=1"), text), {
    minLength: 1,
    maxLength: 4,
  }).map((pairs) => `?id=1&${pairs.map((pair) => pair.join("")).join("&")}`),
);
const fragment = fc.oneof(fc.constant(""), fc.constant(""), text.map((part) => `#${part}`));

const BALANCED = new Map([[")", "("], ["]", "["], ["}", "{"]]);

function isBalanced(part: string): boolean {
  return [...BALANCED].every(([close, open]) =>
    part.split(close).length === part.split(open).length
  );
}

/** `https://host/` and the rest of an address that the URL parser accepts, with pairs of brackets only. The last letter keeps it from ending in punctuation. */
export const address = fc.tuple(
  fc.constantFrom("http://", "https://"),
  userinfo,
  host,
  port,
  fc.array(text, { maxLength: 3 }).map((segments) => segments.map((part) => `/${part}`).join("")),
  query,
  fragment,
  fc.constantFrom("z", "/", "7", "ї", "(z)", "=", "-", "+", "%7E", "&", "#"),
).map(([scheme, user, name, number, path, search, hash, last]) => ({
  begin: `${scheme}${user}${name}${number}/`,
  rest: path.slice(1) + search + hash + last,
}))
  .filter(({ begin, rest }) =>
    URL.canParse(begin + rest) && isBalanced(rest) &&
    !/\(\(|\)\)|&(?:amp|lt|gt|quot|nbsp);|&#|&[a-z]*dash;/.test(rest)
  );
