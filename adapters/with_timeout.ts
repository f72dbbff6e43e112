/**
 * Waits for a call that cannot be cancelled, such as one of a Worker's binding: it may go on after the time-out.
 *
 * @param timeoutMs how long it waits, in milliseconds
 * @param createError creates the error of a call that takes longer
 * @throws that error, or the error of the call
 */
export async function withTimeout<T>(
  call: Promise<T>,
  timeoutMs: number,
  createError: () => Error,
): Promise<T> {
  const tooLate = Promise.withResolvers<never>();
  const timer = setTimeout(() => tooLate.reject(createError()), timeoutMs);
  try {
    return await Promise.race([call, tooLate.promise]);
  } finally {
    clearTimeout(timer);
  }
}
