/** The arguments that the launcher passes to the server. Users do not type them. */

/** What the launcher tells the server. */
export interface ProcessArguments {
  /** Whether to stop when the parent process has ended; `false` by default. */
  readonly endsWithParent: boolean;
  /** The process's limit of open files; `undefined` when the launcher does not know it. */
  readonly descriptorLimit: number | undefined;
}

const END_WITH_PARENT = "--end-with-parent";
const DESCRIPTORS = /^--descriptors=(\d+)$/;

/** Writes the arguments that {@link readProcessArguments} reads. */
export function writeProcessArguments(
  { endsWithParent, descriptorLimit }: ProcessArguments,
): readonly string[] {
  return [
    ...(endsWithParent ? [END_WITH_PARENT] : []),
    ...(descriptorLimit === undefined ? [] : [`--descriptors=${descriptorLimit}`]),
  ];
}

/** Reads the launcher's arguments among those of the process. */
export function readProcessArguments(args: readonly string[]): ProcessArguments {
  const limits = args.map((arg) => DESCRIPTORS.exec(arg)?.[1]);
  const limit = limits.find((text) => text !== undefined);
  return {
    endsWithParent: args.includes(END_WITH_PARENT),
    descriptorLimit: limit === undefined ? undefined : Number(limit),
  };
}

/** Whether an argument of the process is one of the launcher's. */
export function isProcessArgument(arg: string): boolean {
  return arg === END_WITH_PARENT || DESCRIPTORS.test(arg);
}
