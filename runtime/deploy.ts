/**
 * Entry point on Deno Deploy, which runs a build of it. The platform finds the cron job by evaluating this module, so it is
 * registered at the top level, before the server starts. Without `--unstable-cron` a local Deno has none.
 */
import { createDeployment } from "./deploy/deployment.ts";

const deployment = createDeployment();
Deno.cron?.("send what is due", "* * * * *", () => deployment.runCron());
// Not awaited: the module's evaluation ends, as that of the platform's examples does.
void deployment.serve();
