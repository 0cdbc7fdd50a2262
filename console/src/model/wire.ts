/**
 * What the server sends, as it stands on the wire (`/api/v1`).
 *
 * Instants are RFC 3339 UTC with `Z` and whole seconds. A field that is null or empty is left out; false is sent.
 */

export type WireKind = 'available' | 'busy' | 'informed' | 'referred' | 'unknown';
export type WireSegmentKind = 'referred' | 'informed' | 'busy' | 'note';
export type WireLine = 'unknown' | 'idle' | 'ringing' | 'talking' | 'unreachable';
export type WireFreshnessState = 'fresh' | 'failing' | 'stale' | 'none';
export type WireOrigin = 'calendar' | 'autoreply' | 'app' | 'phone' | 'telephonist' | 'delegate' | 'colleague' | 'api';
export type WireRole = 'colleague' | 'telephonist' | 'administrator';

export type WireReasonShown = { label: string; icon: string; color: string };

export type WireSegment = {
  start: string;
  end?: string;
  all_day: boolean;
  kind: WireSegmentKind;
  reason?: string;
  diverts: boolean;
  origin?: WireOrigin;
  planned?: boolean;
  text?: string;
  back_at?: string;
  not_before?: string;
  then?: string;
  next_free?: string;
  set_by?: string;
  divert_to?: string;
  claims?: string[];
};

export type WireExtension = { number: string; kind: 'desk' | 'mobile' | 'softphone'; switchboard?: string };

export type WireFreshness = { state: WireFreshnessState; failing_since?: string; connections?: string[] };

export type WirePerson = {
  id: string;
  name: string;
  names?: string[];
  extension?: string;
  extensions?: WireExtension[];
  email?: string;
  department?: string;
  title?: string;
  zone: string;
  line?: WireLine;
  freshness?: WireFreshness;
  known_until?: string;
  timetable?: WireSegment[];
};

export type WireRead = { read_at: string; stale_seconds: number };
export type WireReads = Record<string, WireRead>;

export type WireSnapshot = {
  version: string;
  now: string;
  listed_until: string;
  opens_at?: string;
  reasons?: Record<string, WireReasonShown>;
  people?: WirePerson[];
  fresh?: WireReads;
};

export type WirePeopleEvent = {
  version: string;
  now: string;
  listed_until: string;
  people?: WirePerson[];
  gone?: string[];
};
export type WireTimeEvent = { now: string; opens_at?: string };
export type WireLinesEvent = Record<string, WireLine>;

export type WireCalendar = {
  name?: string;
  connection?: string;
  read_at?: string;
  failing_since?: string;
  fault?: string;
};

/** `GET /people/{id}`: a row with the sentence that says why, and 35 days ahead. */
export type WirePersonDetail = WirePerson & {
  state?: { why?: string };
  upcoming?: WireSegment[];
  calendars?: WireCalendar[];
  notices?: WireNotice[];
};

/** A word that leads one of the viewer's own bookings and looks like a mark, but is none. */
export type WireNotice = { id: string; claim: string; word: string; suggestion: string };

/** Every write by hand answers with the person and the change that can be undone. */
export type WireChanged = WirePersonDetail & { change?: string };

export type WireReason = {
  code: string;
  label: string;
  icon?: string;
  color?: string;
  weight?: number;
  /** The digits dialled on a phone to set it. */
  phone?: number | string;
  /** Whether a typed end means a time of day or a date. */
  when?: 'time' | 'day';
  sensitive?: boolean;
};
export type WireReasons = { reasons?: WireReason[] };

export type WireMe = { id: string; name?: string; role: WireRole; person?: string };
export type WireRules = { next_free_minutes?: number };

export type WireReferral = { reason: string; until?: string | null; diverts?: boolean; text?: string };

/** `POST /session`; `company` is looked at only when it is not empty. */
export type WireCredentials = { email: string; password: string; company?: string };

export type WireError = { error: string; message: string };
