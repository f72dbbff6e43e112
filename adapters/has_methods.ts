/** Whether a value, such as a binding of a Worker's environment, is an object with these methods. */
export function hasMethods(value: unknown, names: readonly string[]): boolean {
  return typeof value === "object" && value !== null &&
    names.every((name) => name in value && typeof Reflect.get(value, name) === "function");
}
