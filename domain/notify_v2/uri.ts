const UNRESERVED_OR_SUB = "[A-Za-z0-9\\-._~!$&'()*+,;=]|%[0-9A-Fa-f]{2}";
const PATH_CHARACTER = `(?:${UNRESERVED_OR_SUB}|[:@])`;
const IPV6 = "[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*";
const IPV_FUTURE = "[vV][0-9A-Fa-f]+\\.[A-Za-z0-9\\-._~!$&'()*+,;=:]+";
const HOST = `(?:\\[(?:${IPV6}|${IPV_FUTURE})\\]|(?:${UNRESERVED_OR_SUB})*)`;
const AUTHORITY = `(?:(?:${UNRESERVED_OR_SUB}|:)*@)?${HOST}(?::[0-9]*)?`;
const URI = new RegExp(
  "^[A-Za-z][A-Za-z0-9+.\\-]*:" +
    `(?://${AUTHORITY}(?:/${PATH_CHARACTER}*)*|/(?:${PATH_CHARACTER}+(?:/${PATH_CHARACTER}*)*)?` +
    `|${PATH_CHARACTER}+(?:/${PATH_CHARACTER}*)*|)` +
    `(?:\\?(?:${PATH_CHARACTER}|[/?])*)?(?:#(?:${PATH_CHARACTER}|[/?])*)?$`,
);

/** Whether the text is an absolute URI in the ASCII grammar of RFC 3986 (appendix A), with a scheme. */
export function isUri(text: string): boolean {
  return URI.test(text);
}
