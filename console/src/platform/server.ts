/** The server as the browser reaches it: same origin, the session's cookie, JSON. */

import { type FeedListener, type Server, SignedOut } from '../model/live';
import type {
  WireChanged,
  WireCredentials,
  WireError,
  WireMe,
  WirePersonDetail,
  WireReasons,
  WireReferral,
  WireRules,
  WireSnapshot,
} from '../model/wire';

const api = '/api/v1';

/** The server answered and said no; `message` is for the person who asked. */
export class Refused extends Error {
  readonly id: string;

  constructor(id: string, message: string) {
    super(message);
    this.id = id;
  }
}

function isWireError(answer: unknown): answer is WireError {
  return typeof answer === 'object' && answer !== null && 'error' in answer && 'message' in answer;
}

async function refusal(response: Response): Promise<Error> {
  const answer: unknown = await response.json().catch(() => null);
  const wrong = isWireError(answer) && answer.error === 'wrong_sign_in';
  if (response.status === 401 && !wrong) return new SignedOut('The session is over.');
  if (isWireError(answer)) return new Refused(answer.error, answer.message);
  return new Refused(`status_${response.status}`, `The server answered ${response.status}.`);
}

async function ask<Answer>(path: string, init: RequestInit = {}): Promise<Answer> {
  const response = await fetch(api + path, { credentials: 'same-origin', cache: 'no-store', ...init });
  if (!response.ok) throw await refusal(response);
  if (response.status === 204) return undefined as Answer;
  // What the server sends is trusted to be what `wire.ts` says: it is our own, of the same release.
  return (await response.json()) as Answer;
}

/** A key for a write, so that sending it twice does it once. Works without a secure context, unlike randomUUID. */
function newKey(): string {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

async function write<Answer>(method: string, path: string, body?: object): Promise<Answer> {
  const headers: Record<string, string> = { 'Idempotency-Key': newKey() };
  if (body !== undefined) headers['Content-Type'] = 'application/json';
  return ask(path, { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
}

export class HttpServer implements Server {
  fetchSnapshot(): Promise<WireSnapshot> {
    return ask('/people');
  }

  fetchPerson(id: string): Promise<WirePersonDetail> {
    return ask(`/people/${encodeURIComponent(id)}`);
  }

  fetchReasons(): Promise<WireReasons> {
    return ask('/reasons');
  }

  fetchRules(): Promise<WireRules> {
    return ask('/rules');
  }

  fetchMe(): Promise<WireMe> {
    return ask('/me');
  }

  setReferral(person: string, referral: WireReferral): Promise<WireChanged> {
    return write('PUT', `/people/${encodeURIComponent(person)}/referral`, referral);
  }

  clearReferral(person: string): Promise<WireChanged> {
    return write('DELETE', `/people/${encodeURIComponent(person)}/referral`);
  }

  async undo(change: string): Promise<void> {
    await write('POST', `/changes/${encodeURIComponent(change)}/undo`);
  }

  async seeNotice(id: string): Promise<void> {
    await write('DELETE', `/me/notices/${encodeURIComponent(id)}`);
  }

  async signIn({ email, password, company }: WireCredentials): Promise<void> {
    const named = company?.trim() ? { company: company.trim() } : {};
    await write('POST', '/session', { email, password, ...named });
  }

  async signOut(): Promise<void> {
    await write('DELETE', '/session');
  }

  openFeed(since: string, listener: FeedListener): () => void {
    const source = new EventSource(`${api}/feed?since=${encodeURIComponent(since)}`);
    source.onopen = () => {
      listener.opened();
    };
    source.onerror = () => {
      const refused = source.readyState === EventSource.CLOSED;
      source.close();
      listener.lost(refused);
    };
    for (const name of ['people', 'fresh', 'lines', 'time'] as const) {
      source.addEventListener(name, (event: MessageEvent<string>) => {
        listener.heard({ name, data: JSON.parse(event.data) });
      });
    }
    source.addEventListener('reset', () => {
      listener.heard({ name: 'reset' });
    });
    return () => {
      source.close();
    };
  }
}
