/** A Worker that only verifies access tokens, to test that this works in workerd. */
import { createAccessTokens } from "../../adapters/tokens/access_tokens.ts";
import type { AccessTokens } from "../../domain/access/access_tokens.ts";

let accessTokens: AccessTokens | undefined;

export default {
  async fetch(request: Request, { URLS, NOW }: { readonly URLS: string; readonly NOW: string }) {
    accessTokens ??= createAccessTokens(
      { keys: { urls: URLS.split(" ") }, issuers: [], audiences: [] },
      { fetch: (input, init) => fetch(input, init), fetchPerCall: true },
    );
    const token = request.headers.get("x-access-token") ?? undefined;
    return Response.json(await accessTokens.verify(token, Number(NOW)));
  },
};
