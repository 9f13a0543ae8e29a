/** The one way to the server: same origin, JSON, a readable error. */

export class ApiError extends Error {
  readonly status: number;

  constructor(message: string, status: number) {
    super(message);
    this.name = 'ApiError';
    this.status = status;
  }
}

export type Params = Record<string, string | number | undefined | readonly string[]>;

export function withParams(path: string, params: Params): string {
  const text = searchParams(params).toString();
  return text === '' ? path : `${path}?${text}`;
}

function searchParams(params: Params): URLSearchParams {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(params)) {
    if (value === undefined || value === '') continue;
    if (typeof value === 'string' || typeof value === 'number') search.append(name, String(value));
    else for (const item of value) search.append(name, item);
  }
  return search;
}

/** The sentence in an error body: Prometheus and own APIs say `error`, Loki and Tempo answer plain text. */
export function errorText(body: string, status: number): string {
  try {
    const parsed: unknown = JSON.parse(body);
    if (typeof parsed === 'object' && parsed !== null) {
      for (const key of ['error', 'message']) {
        const value = (parsed as Record<string, unknown>)[key];
        if (typeof value === 'string' && value !== '') return value;
      }
    }
    if (typeof parsed === 'string') return parsed;
  } catch {
    // Not JSON: the body itself is the sentence, unless it is a page.
  }
  const text = body.trim();
  if (text !== '' && !text.startsWith('<') && text.length < 2000) return text;
  return `the server answered ${String(status)}`;
}

export async function fetchJson<T>(
  path: string,
  params: Params = {},
  signal?: AbortSignal,
  headers: Record<string, string> = {},
): Promise<T> {
  const body = await ask(withParams(path, params), {
    headers: { accept: 'application/json', ...headers },
    ...(signal ? { signal } : {}),
  });
  return parsed<T>(path, body);
}

/** Asks with the parameters as a form: for those that may be too long for an address. */
export async function fetchForm<T>(path: string, params: Params, signal?: AbortSignal): Promise<T> {
  const body = await ask(path, {
    method: 'POST',
    headers: { accept: 'application/json' },
    body: searchParams(params),
    ...(signal ? { signal } : {}),
  });
  return parsed<T>(path, body);
}

export function parsed<T>(path: string, body: string): T {
  try {
    return JSON.parse(body) as T;
  } catch {
    throw new ApiError(`got an answer that is not JSON from ${path}`, 200);
  }
}

/** Changes something, or asks with what an address cannot carry; the text of the answer. */
export function sendJson(
  method: 'POST' | 'DELETE',
  path: string,
  body?: unknown,
  signal?: AbortSignal,
): Promise<string> {
  return ask(path, {
    method,
    ...(signal ? { signal } : {}),
    headers: { accept: 'application/json', ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
}

async function ask(path: string, init: RequestInit): Promise<string> {
  let response: Response;
  try {
    response = await fetch(path, init);
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error;
    throw new ApiError('the server cannot be reached', 0);
  }
  const body = await response.text();
  if (!response.ok) throw new ApiError(errorText(body, response.status), response.status);
  return body;
}
