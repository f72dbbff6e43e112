/** Makes a way to collect garbage at once, which V8 hides unless it is told to. */
export async function createGarbageCollector(): Promise<() => void> {
  const [{ setFlagsFromString }, { runInNewContext }] = await Promise.all([
    import("node:v8"),
    import("node:vm"),
  ]);
  setFlagsFromString("--expose-gc");
  return () => runInNewContext("gc")();
}
