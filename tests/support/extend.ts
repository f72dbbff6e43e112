/**
 * Adds parts to an application under test and replaces those with the same names. A spread would read every part, which
 * throws for an application in another process (`unreachableParts`).
 */
export function extend<T extends object, P extends object>(application: T, parts: P): T & P {
  Object.defineProperties(application, Object.getOwnPropertyDescriptors(parts));
  return application as T & P;
}
