import type { UploadPorts, Uploads } from "./upload.ts";

/** Creates the use cases of uploads. The first call loads their modules, which read and check lists of recipients. */
export function createUploadsOnDemand(ports: UploadPorts): Uploads {
  let loaded: Uploads | undefined;
  async function load(): Promise<Uploads> {
    const { createUploads } = await import("./upload.ts");
    return loaded ??= createUploads(ports);
  }
  return {
    requestedAt: async (...args) => await (await load()).requestedAt(...args),
    check: async (...args) => await (await load()).check(...args),
    createJob: async (...args) => await (await load()).createJob(...args),
    start: async (...args) => await (await load()).start(...args),
  };
}
