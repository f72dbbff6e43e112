/** A name that no binding has as a method. A binding to a service seems to have a method of every name, this one too. */
const NO_METHOD = "hasMethodsOfAllNames";

/**
 * Whether a value, such as a binding of a Worker's environment, is an object with these methods. A binding to a service
 * (another Worker) is not.
 */
export function hasMethods(value: unknown, names: readonly string[]): boolean {
  return typeof value === "object" && value !== null && !isMethod(value, NO_METHOD) &&
    names.every((name) => isMethod(value, name));
}

function isMethod(value: object, name: string): boolean {
  return name in value && typeof Reflect.get(value, name) === "function";
}
