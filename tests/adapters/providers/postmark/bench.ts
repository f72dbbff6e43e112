/** Postmark's adapter and its stand-in, for their tests. */
import {
  createPostmark,
  type PostmarkConfig,
} from "../../../../adapters/providers/postmark/postmark.ts";
import { type PostmarkStandIn, startPostmark } from "../../../support/stand_ins/postmark.ts";

export const WEBHOOK = { user: "postmark", password: "a-long-password" };

export function postmarkAt(baseUrl: string, config: Partial<PostmarkConfig> = {}) {
  return createPostmark(
    { serverToken: "server-token", baseUrl, webhook: WEBHOOK, ...config },
    { fetch },
  );
}

export function startStandIn(): Promise<PostmarkStandIn> {
  return startPostmark({
    token: "server-token",
    webhookUser: WEBHOOK.user,
    webhookPassword: WEBHOOK.password,
  });
}

export async function withPostmark(
  run: (postmark: PostmarkStandIn) => Promise<void>,
): Promise<void> {
  const postmark = await startStandIn();
  try {
    await run(postmark);
  } finally {
    await postmark.close();
  }
}
