import { readCookie } from '@/lib/cookie';
import { goToLogin } from '@/lib/login';
import type { AnswerOf, Method, RequestOf } from './methods';

/** The server waits up to 30 s for a VM to start or stop before it answers 504 itself. */
const TIMEOUT_MS = 45_000;

/** A call that failed; `message` is the server's own where it gave one. */
export class ApiError extends Error {
  override readonly name = 'ApiError';

  /** @param status HTTP status, or 0 if no answer came. */
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

/** Calls one method of the API. Resolves to its JSON, or undefined where the method answers nothing. */
export async function call<M extends Method>(method: M, request: RequestOf<M>): Promise<AnswerOf<M>> {
  const response = await send(method, request);
  if (response.status === 204) return undefined as AnswerOf<M>;
  const text = await response.text();
  if (response.status === 401) goToLogin();
  if (!response.ok) throw new ApiError(response.status, failureMessage(response, text));
  return (text === '' ? undefined : JSON.parse(text)) as AnswerOf<M>;
}

/** Where a method is: the services of guests and of access have paths of their own. */
function pathOf(method: Method): string {
  const [, service, name] = /^(Guest|Access)(.+)$/.exec(method) ?? [];
  return service && name ? `/${service.toLowerCase()}/${name}` : `/prpc/${method}`;
}

async function send(method: Method, request: unknown): Promise<Response> {
  const headers: Record<string, string> = { 'Content-Type': 'application/json', Accept: 'application/json' };
  const token = readCookie('csrftoken');
  if (token !== null) headers['X-CSRFToken'] = token;
  try {
    return await fetch(pathOf(method), {
      method: 'POST',
      headers,
      body: JSON.stringify(request),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
  } catch (error) {
    const late = error instanceof DOMException && error.name === 'TimeoutError';
    throw new ApiError(0, late ? 'The server did not answer in time.' : 'The server could not be reached.');
  }
}

/** Failures are `{code, message}`; a proxy in between may answer something else. */
function failureMessage(response: Response, text: string): string {
  try {
    const body = JSON.parse(text) as { message?: unknown } | null;
    if (typeof body?.message === 'string' && body.message !== '') return body.message;
  } catch {
    // Not JSON: the status line is all there is to say.
  }
  return `The server answered ${response.status} ${response.statusText}`.trimEnd() + '.';
}
