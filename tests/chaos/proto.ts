import { runKillPoints } from "./kill_points.ts";
for (
  const v of [
    {
      channels: ["email"],
      isRefusedFirst: true,
      isRemote: true,
      operations: [
        "accept",
        "claim",
        "start",
        "call of a provider",
        "settle",
        "receipt",
        "callback lease",
        "callback",
        "callback record",
      ],
    },
  ] as const
) {
  const t = performance.now();
  console.log(await runKillPoints(v, { seed: 1, short: true }), performance.now() - t);
}
