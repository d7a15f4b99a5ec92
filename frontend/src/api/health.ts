const ANSWER_WITHIN_MS = 3_000;

/** Whether the server answers, well or not: what a proxy says in its place is no JSON. */
export async function isServerUp(): Promise<boolean> {
  try {
    const response = await fetch('/healthz', {
      cache: 'no-store',
      signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
    });
    return response.headers.get('Content-Type')?.startsWith('application/json') ?? false;
  } catch {
    return false;
  }
}
