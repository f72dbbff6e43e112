import { dirname } from "node:path";
import { promises } from "node:fs";
import { errorName } from "../../domain/text/error_name.ts";
import type { Config } from "../config.ts";
import { fitConnections, readDescriptorLimit } from "../listener/descriptor_limit.ts";
import { warningsOfDataFiles } from "../process/data_files.ts";
import { databaseFile } from "../process/permissions.ts";
import { type Finding, reportOn } from "./finding.ts";

const files = reportOn("files");
const machine = reportOn("machine");

/** Free space on a disk, in megabytes, below which there is a warning, or a fault. */
const LOW_MB = { warning: 1_000, fault: 100 } as const;

/** Reads how many megabytes are free on the disk of a folder. */
export type ReadFreeMegabytes = (folder: string) => Promise<number>;

/** Checks the files of the configuration, their disks, and the limits of a process on this machine. */
export async function checkMachine(
  config: Config,
  readFree: ReadFreeMegabytes = readFreeMegabytes,
): Promise<readonly Finding[]> {
  const path = databaseFile(config.database.url);
  const folders = [
    ...(path === undefined ? [] : [dirname(path)]),
    ...(config.filesDir === undefined ? [] : [config.filesDir]),
  ];
  return [
    ...(await warningsOfDataFiles(config.database.url)).map(files.warning),
    ...(config.filesDir === undefined ? [] : await checkFolder(config.filesDir)),
    ...(await Promise.all(folders.map((folder) => checkSpace(folder, readFree)))).flat(),
    ...await checkDescriptors(config),
  ];
}

async function checkFolder(folder: string): Promise<readonly Finding[]> {
  try {
    await Deno.remove(await Deno.makeTempFile({ dir: folder, prefix: ".probe-" }));
    return [];
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) {
      return [files.warning(`FILES_DIR does not exist: start creates ${folder}`)];
    }
    const reason = errorName(error);
    return [
      files.fault(`FILES_DIR cannot be written to (${reason}): let Hark's user own ${folder}`),
    ];
  }
}

async function checkSpace(
  folder: string,
  readFree: ReadFreeMegabytes,
): Promise<readonly Finding[]> {
  let free: number;
  try {
    free = await readFree(folder);
  } catch {
    // The folder does not exist, which another check says.
    return [];
  }
  const text = `${free} MB are free on the disk of ${folder}`;
  if (free < LOW_MB.fault) {
    return [files.fault(`${text}: free some, or the database cannot be written`)];
  }
  return [
    free < LOW_MB.warning
      ? files.warning(`${text}: a migration may need one and a half times the database's size`)
      : files.ok(text),
  ];
}

async function readFreeMegabytes(folder: string): Promise<number> {
  const { bavail, bsize } = await promises.statfs(folder);
  return Math.floor(bavail * bsize / 1_000_000);
}

async function checkDescriptors({ maxConnections }: Config): Promise<readonly Finding[]> {
  const limit = await readDescriptorLimit();
  const fitting = fitConnections(maxConnections, limit);
  return fitting >= maxConnections ? [] : [
    machine.warning(
      `a process may open ${limit} files only, which is enough for ${fitting} connections and not ` +
        `for MAX_CONNECTIONS ${maxConnections}: raise the limit (ulimit -n)`,
    ),
  ];
}
