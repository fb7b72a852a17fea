import type { Heartbeat, LinkHealth } from '../protocol/heartbeat.ts';
import { admit, LOSS_BEATS, lossOf, type ReplayWindow } from './window.ts';

/** Silent for this many beats: late. One lost datagram is nothing, two may be chance. */
const LATE_AFTER_BEATS = 3;
/** Silent for this many beats: down. Also the age at which a datagram is no longer a sign of life. */
const DOWN_AFTER_BEATS = 8;
/** A session is only taken up on an echo of a stamp this young, so that no recording of one can be. */
const ECHO_FRESH_MS = 5_000;
/** Sessions a host has left behind. An agent can't restart this often within `ECHO_FRESH_MS`. */
const MAX_RETIRED = 32;
/** Two clocks may drift apart by this much (both at 1000 ppm), and the floor of the delay with them. */
const DRIFT = 0.002;

/** Why a datagram was not taken as a sign of life. */
export type RejectReason =
  /** Not a heartbeat, or its sealed inside is not what its header says. */
  | 'malformed'
  /** From or to a host or link that the group does not have here. */
  | 'misaddressed'
  /** The tag is wrong: another group's key, or tampered with. */
  | 'forged'
  /** Its counter has been seen, or is too old to tell. */
  | 'replayed'
  /** Of a session that the sender has left behind. */
  | 'retired'
  /** Authentic and new, but it has been under way for so long that it says nothing about now. */
  | 'delayed'
  /** Authentic, but does not echo this host's present session: it could be a recording. */
  | 'unconfirmed'
  /** More datagrams than a beat's budget; not even looked at. */
  | 'flood';

interface Stamp {
  readonly session: string;
  /** Sender's clock. */
  readonly sentMs: number;
  /** Receiver's clock. */
  readonly atMs: number;
}

export interface LinkState {
  /** Of the host's present session only. */
  readonly window: ReplayWindow | null;
  readonly lastHeardMs: number | null;
  /** What is echoed. */
  readonly stamp: Stamp | null;
  /** Least difference seen between this host's clock at arrival and the sender's at sending. */
  readonly floor: { readonly differenceMs: number; readonly atMs: number } | null;
  /** Newest of this host's own stamps that came back: when the other side last heard it. */
  readonly echoedMs: number | null;
  readonly roundTripsMs: readonly number[];
  readonly rejected: Readonly<Partial<Record<RejectReason, number>>>;
}

/** What a host knows of another from its heartbeats. */
export interface PeerState {
  /** The other's session, proven fresh: it echoed ours. */
  readonly session: string | null;
  /** Heard but not proven; it is echoed so that the other can prove itself, and nothing else. */
  readonly candidate: string | null;
  readonly retired: readonly string[];
  readonly links: readonly LinkState[];
  /** The newest sign of life, whatever link it came on. */
  readonly lastBeat: { readonly beat: Heartbeat; readonly atMs: number } | null;
}

const newLink: LinkState = {
  window: null,
  lastHeardMs: null,
  stamp: null,
  floor: null,
  echoedMs: null,
  roundTripsMs: [],
  rejected: {},
};

export function newPeer(links: number): PeerState {
  return {
    session: null,
    candidate: null,
    retired: [],
    links: Array.from({ length: links }, () => newLink),
    lastBeat: null,
  };
}

function withLink(peer: PeerState, link: number, change: Partial<LinkState>): PeerState {
  return {
    ...peer,
    links: peer.links.map((state, index) => (index === link ? { ...state, ...change } : state)),
  };
}

/** Counts a datagram that was not taken. */
export function reject(peer: PeerState, link: number, reason: RejectReason): PeerState {
  const rejected = peer.links[link]?.rejected ?? {};
  return withLink(peer, link, { rejected: { ...rejected, [reason]: (rejected[reason] ?? 0) + 1 } });
}

/** Takes up a session that has proven itself, and leaves the former behind for ever. */
function takeUp(peer: PeerState, session: string): PeerState {
  const retired = peer.session === null ? peer.retired : [peer.session, ...peer.retired];
  return {
    ...peer,
    session,
    candidate: null,
    retired: retired.slice(0, MAX_RETIRED),
    links: peer.links.map((state) => ({ ...state, window: null, floor: null, stamp: null, echoedMs: null })),
  };
}

export interface Arrival {
  readonly link: number;
  readonly counter: number;
  readonly beat: Heartbeat;
}

/** This host's side of it: its session of this run, and how often beats are due. */
export interface Own {
  readonly session: string;
  readonly everyMs: number;
}

/**
 * Judges a datagram whose seal was right. `alive` only when it could not have been made before this host's present
 * session and is not older than a link may be silent. Replay windows live in memory, so after a restart of this agent
 * any recording would look new; what a recording can't have is an echo of a session that did not exist yet, so every
 * datagram must echo it. Within a session the window refuses doubles; and a session is only taken up on an echo of a
 * young stamp, so a recording can't bring an abandoned one back.
 */
export function receive(
  peer: PeerState,
  arrival: Arrival,
  own: Own,
  nowMs: number,
): { readonly peer: PeerState; readonly verdict: 'alive' | RejectReason } {
  const { link, beat, counter } = arrival;
  const refused = (from: PeerState, verdict: RejectReason) => ({
    peer: reject(from, link, verdict),
    verdict,
  });
  if (peer.links[link] === undefined) return { peer, verdict: 'misaddressed' };
  if (peer.retired.includes(beat.session)) return refused(peer, 'retired');

  const echoes = beat.echoSession === own.session;
  const echoAgeMs = echoes && beat.echoSentMs !== null ? nowMs - beat.echoSentMs : null;
  const fresh = echoAgeMs !== null && echoAgeMs >= 0 && echoAgeMs <= ECHO_FRESH_MS;
  const stamp: Stamp = { session: beat.session, sentMs: beat.sentMs, atMs: nowMs };
  if (beat.session === peer.session && !echoes) return refused(peer, 'unconfirmed');
  if (beat.session !== peer.session && !fresh) {
    const candidate = { ...peer, candidate: beat.session };
    const echoed = peer.session === null ? withLink(candidate, link, { stamp }) : candidate;
    return refused(echoed, 'unconfirmed');
  }

  const current = beat.session === peer.session ? peer : takeUp(peer, beat.session);
  const state = current.links[link] ?? newLink;
  const window = admit(state.window, counter);
  if (window === null) return refused(current, 'replayed');

  // An echo of a stamp that is no older than that proves it by this host's clock alone, which also mends the floor when
  // the other's clock stood still (a paused virtual machine). Otherwise the other's clock must tell.
  const maxAgeMs = DOWN_AFTER_BEATS * own.everyMs;
  const proven = echoAgeMs !== null && echoAgeMs >= 0 && echoAgeMs <= maxAgeMs;
  const differenceMs = nowMs - beat.sentMs;
  const driftedMs =
    state.floor === null ? differenceMs : state.floor.differenceMs + DRIFT * (nowMs - state.floor.atMs);
  const isBehind = differenceMs - driftedMs > maxAgeMs;
  if (isBehind && !proven) {
    const floor = { differenceMs: driftedMs, atMs: nowMs };
    return refused(withLink(current, link, { window, floor }), 'delayed');
  }
  const floor = { differenceMs: isBehind ? differenceMs : Math.min(differenceMs, driftedMs), atMs: nowMs };
  const heard = withLink(current, link, {
    window,
    floor,
    lastHeardMs: nowMs,
    stamp: state.stamp !== null && state.stamp.sentMs > beat.sentMs ? state.stamp : stamp,
    ...echoOf(state, arrival, own, nowMs),
  });
  const last = current.lastBeat?.beat;
  // What came late says that the other lives, but what it says of itself may be out of date.
  const isOld = last !== undefined && last.session === beat.session && last.sentMs > beat.sentMs;
  return { peer: { ...heard, lastBeat: { beat: isOld ? last : beat, atMs: nowMs } }, verdict: 'alive' };
}

/** Round-trip time from a stamp of ours that came back for the first time. */
function echoOf(state: LinkState, { beat }: Arrival, own: Own, nowMs: number): Partial<LinkState> {
  const { echoSession, echoSentMs, echoHeldMs } = beat;
  if (echoSession !== own.session || echoSentMs === null || echoHeldMs === null) return {};
  if (echoSentMs > nowMs || (state.echoedMs !== null && echoSentMs <= state.echoedMs)) return {};
  const roundTripMs = Math.max(0, nowMs - echoSentMs - Math.max(0, echoHeldMs));
  return {
    echoedMs: echoSentMs,
    roundTripsMs: [...state.roundTripsMs.slice(1 - LOSS_BEATS), roundTripMs],
  };
}

/** What a heartbeat to this host on this link must echo. */
export function echoFor(
  peer: PeerState,
  link: number,
  nowMs: number,
): Pick<Heartbeat, 'echoSession' | 'echoSentMs' | 'echoHeldMs'> {
  const echoSession = peer.session ?? peer.candidate;
  const stamp = peer.links[link]?.stamp ?? null;
  if (stamp === null || stamp.session !== echoSession)
    return { echoSession, echoSentMs: null, echoHeldMs: null };
  return { echoSession, echoSentMs: stamp.sentMs, echoHeldMs: nowMs - stamp.atMs };
}

/** Silence on a link, in words. `never`: no sign of life since this agent started. */
export function linkStateOf(state: LinkState, everyMs: number, nowMs: number): LinkHealth['state'] {
  if (state.lastHeardMs === null) return 'never';
  const silentMs = nowMs - state.lastHeardMs;
  if (silentMs > DOWN_AFTER_BEATS * everyMs) return 'down';
  return silentMs > LATE_AFTER_BEATS * everyMs ? 'late' : 'up';
}

export function healthOf(
  peer: PeerState,
  link: number,
  address: string,
  everyMs: number,
  nowMs: number,
): Omit<LinkHealth, 'peer'> {
  const state = peer.links[link] ?? newLink;
  const { roundTripsMs, lastHeardMs, window } = state;
  const silentMs = lastHeardMs === null ? null : Math.max(0, nowMs - lastHeardMs);
  const sum = roundTripsMs.reduce((total, one) => total + one, 0);
  return {
    link,
    address,
    state: linkStateOf(state, everyMs, nowMs),
    lastHeardAgoMs: silentMs,
    rttMinMs: roundTripsMs.length === 0 ? null : Math.min(...roundTripsMs),
    rttMs: roundTripsMs.length === 0 ? null : sum / roundTripsMs.length,
    rttMaxMs: roundTripsMs.length === 0 ? null : Math.max(...roundTripsMs),
    heardThereAgoMs: state.echoedMs === null ? null : Math.max(0, nowMs - state.echoedMs),
    loss: window === null || silentMs === null ? null : lossOf(window, Math.floor(silentMs / everyMs) - 1),
    rejected: Object.entries(state.rejected).reduce(
      (total, [reason, count]) => (reason === 'unconfirmed' ? total : total + count),
      0,
    ),
    rejectedBy: { ...state.rejected },
  };
}
