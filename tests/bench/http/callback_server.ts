/**
 * A consumer of callbacks: answers calls of `/fast` at once and of `/slow` late, both with 204, and reports at `/counts`
 * how many calls of each have come.
 */

/** How late a call of `/slow` is answered, in milliseconds: less than the time-out of a call. */
const SLOW_MS = 8_000;

const counts = { fast: 0, slow: 0 };

/** How many calls of each path have come. */
export type CallbackCounts = typeof counts;

Deno.serve({
  port: 0,
  hostname: "127.0.0.1",
  onListen: ({ port }) => console.log(JSON.stringify({ event: "listening", port })),
}, async (request) => {
  const { pathname } = new URL(request.url);
  if (pathname === "/counts") return Response.json(counts);
  await request.text();
  const isSlow = pathname === "/slow";
  counts[isSlow ? "slow" : "fast"]++;
  if (isSlow) await new Promise((resolve) => setTimeout(resolve, SLOW_MS));
  return new Response(null, { status: 204 });
});
