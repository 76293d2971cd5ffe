// One small typed fetch. All calls go below /api, with the cookie of the session.

/** A refusal of the server, with the sentence it gave. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    message: string,
    readonly body: unknown = null,
  ) {
    super(message);
  }
}

type Query = Record<string, string | number | boolean | null | undefined>;

export type Call = {
  method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  query?: Query;
  body?: unknown;
  headers?: Record<string, string>;
  signal?: AbortSignal | undefined;
};

/** Where a refusal says nothing of the session: who asks here has none. */
const DOORS = new Set(['/login', '/users/reset_user_password']);

/** What to do when the session is over: come back signed in, or throw. */
export const door: { again: (() => Promise<void>) | null } = { again: null };

/** The address of an operation, for links and streams. */
export function address(path: string, query: Query = {}): string {
  const given = Object.entries(query).filter(([, value]) => value !== undefined && value !== null);
  const search = new URLSearchParams(given.map(([name, value]) => [name, String(value)]));
  return `/api${path}${given.length ? `?${search}` : ''}`;
}

/** Ask, and give the answer as it comes.
 * @throws ApiError when the server refuses; status 0 when it can't be reached. */
export async function ask(path: string, call: Call = {}): Promise<Response> {
  const init: RequestInit = { method: call.method ?? 'GET', credentials: 'same-origin' };
  if (call.signal) init.signal = call.signal;
  if (call.headers) init.headers = call.headers;
  if (call.body instanceof FormData) init.body = call.body;
  else if (call.body !== undefined) {
    init.body = JSON.stringify(call.body);
    init.headers = { 'Content-Type': 'application/json' };
  }
  const answer = await fetch(address(path, call.query), init).catch((cause: unknown) => {
    if (cause instanceof DOMException && cause.name === 'AbortError') throw cause;
    throw new ApiError(0, 'Calanus does not answer. Is it running, and are you connected?');
  });
  if (answer.ok) return answer;
  const refused = await refusal(answer);
  if (!signedOut(refused) || DOORS.has(path) || !door.again) throw refused;
  await door.again();
  return ask(path, call);
}

/** Ask for JSON; an empty answer is null. */
export async function json<T>(path: string, call: Call = {}): Promise<T> {
  const text = await (await ask(path, call)).text();
  return (text ? JSON.parse(text) : null) as T;
}

/** A stale token is 401; no token at all is 403 with this sentence, as in EcoTaxa. */
const signedOut = ({ status, message }: ApiError) =>
  status === 401 || (status === 403 && message.startsWith('Not authenticated'));

/** A refusal in words: the server's `detail`, whether a sentence or FastAPI's list. */
async function refusal(answer: Response): Promise<ApiError> {
  const body: unknown = await answer.json().catch(() => null);
  return new ApiError(
    answer.status,
    sentence(body) ?? `The server answered ${answer.status}.`,
    body,
  );
}

/** What a body of refusal says. */
export function sentence(body: unknown): string | null {
  if (typeof body === 'string') return body;
  if (typeof body !== 'object' || body === null || !('detail' in body)) return null;
  const { detail } = body;
  if (typeof detail === 'string') return detail;
  if (!Array.isArray(detail)) return null;
  return detail
    .map((one: { loc?: unknown[]; msg?: string }) =>
      [one.loc?.slice(1).join('.'), one.msg].filter(Boolean).join(': '),
    )
    .join('; ');
}
