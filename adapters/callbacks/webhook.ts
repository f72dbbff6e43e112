/**
 * The signer of Standard Webhooks, of which `signing.ts` loads this module: `standardwebhooks` is a CommonJS package,
 * and a bundle with code splitting gives an `import()` of such a package no named exports.
 */
export { Webhook } from "standardwebhooks";
