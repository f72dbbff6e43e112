/** The package for npm. */

/** The package's name in npm's registry, where `hark` belongs to another project. */
export const PACKAGE_NAME = "hark-notify";

/** The command that the package installs. */
const COMMAND = "hark";

/** The Deno that runs the package's command. */
const DENO_VERSION = "2.9.6";

/** The files of the package beside `package.json`, by the folder that they are copied from. */
export const PACKAGE_FILES = {
  own: ["hark.mjs", "README.md"],
  built: ["hark.js", "embedded_thread.js", "licences.txt"],
  deploy: ["systemd/hark", "systemd/hark.env.example", "systemd/hark.service"],
} as const;

/** Returns the text of `package.json`. Its dependencies are exact versions. */
export function packageManifest(version: string, libsqlVersion: string): string {
  const manifest = {
    name: PACKAGE_NAME,
    version,
    description: "A notification service: text messages, e-mails, inbox messages and push " +
      "notifications, by the API of GOV.UK Notify",
    license: "MIT",
    type: "module",
    bin: { [COMMAND]: PACKAGE_FILES.own[0] },
    files: [...Object.values(PACKAGE_FILES).flat(), "LICENSE"],
    engines: { node: ">=18" },
    dependencies: { deno: DENO_VERSION, libsql: libsqlVersion },
  };
  return `${JSON.stringify(manifest, null, 2)}\n`;
}
