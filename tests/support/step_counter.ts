import { Session } from "node:inspector/promises";

/** Counts the steps of JavaScript code: a measure of work that does not depend on the clock. */
export interface StepCounter extends Disposable {
  /**
   * Runs `work` and returns how many blocks of JavaScript code it entered: function bodies, branches and iterations.
   * Work inside a built-in function, such as a regular expression, is not counted.
   */
  count(work: () => void): Promise<number>;
}

/** Starts counting in this isolate, by the coverage that V8 collects. */
export async function openStepCounter(): Promise<StepCounter> {
  const session = new Session();
  session.connect();
  await session.post("Profiler.enable");
  await session.post("Profiler.startPreciseCoverage", { callCount: true, detailed: true });
  return {
    async count(work) {
      await session.post("Profiler.takePreciseCoverage");
      work();
      const { result } = await session.post("Profiler.takePreciseCoverage");
      return result.flatMap(({ functions }) => functions).flatMap(({ ranges }) => ranges)
        .reduce((sum, { count }) => sum + count, 0);
    },
    [Symbol.dispose]: () => session.disconnect(),
  };
}
