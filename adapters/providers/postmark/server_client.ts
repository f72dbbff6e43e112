/**
 * Postmark's client, of which `client.ts` loads this module: `postmark` is a CommonJS package, and a bundle with code
 * splitting gives an `import()` of such a package no named exports.
 */
export { ServerClient } from "postmark";
