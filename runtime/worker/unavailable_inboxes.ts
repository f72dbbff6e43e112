/** Answers that the WebSockets of inboxes are unavailable: 503, and after how many seconds a client should try again. */
export function unavailableInboxes(text: string, retryAfterS: number): Response {
  const headers = { "Retry-After": String(retryAfterS), "Cache-Control": "no-store" };
  return new Response(text, { status: 503, headers });
}
