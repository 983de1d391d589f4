/** A statement that takes longer is given up: a connection cut in silence must not stop a feed. */
const DEADLINE_MS = 10_000;

/** The same outcome, or an error where it takes longer than `ms`. */
export async function within<T>(work: Promise<T>, ms = DEADLINE_MS): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`No answer from the database within ${ms} ms`)), ms);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
