import manifest from "../deno.json" with { type: "json" };

/** This code's version (SemVer), as `deno.json` states it. */
export const VERSION: string = manifest.version;
