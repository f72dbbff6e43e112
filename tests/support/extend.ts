/**
 * Adds parts to an application under test, in place of those with the same names. A spread would read every part, and the
 * application of another process refuses that.
 */
export function extend<T extends object, P extends object>(application: T, parts: P): T & P {
  Object.defineProperties(application, Object.getOwnPropertyDescriptors(parts));
  return application as T & P;
}
