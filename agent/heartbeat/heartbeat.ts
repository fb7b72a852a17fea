import { randomBytes } from 'node:crypto';
import type { GroupConfig, GroupHost } from '../protocol/group.ts';
import type { Heartbeat, LinkHealth } from '../protocol/heartbeat.ts';
import type { Slot } from '../protocol/ids.ts';
import type { KeeperNetMessage } from '../protocol/keeperLink.ts';
import type { NotifyBeat } from '../protocol/notify.ts';
import { parseBeat } from './beat.ts';
import { createEnvelope, type Envelope, type Header, parseHeader } from './envelope.ts';
import { factsIn, type HeartbeatFacts } from './facts.ts';
import { createFineClock } from './fineClock.ts';
import {
  echoFor,
  healthOf,
  linkStateOf,
  newPeer,
  type PeerState,
  receive,
  reject,
  type RejectReason,
} from './link.ts';
import { emptyOutbox, type Outbox, post, take } from './outbox.ts';
import { type LinkAddress, type LinkSocket, openLinkSocket, sourceName } from './socket.ts';

const BEAT_EVERY_MS = 250;
const MAX_LINKS = 4;
const SESSION_BYTES = 8;
/** So many wrongly sealed datagrams on a link are told: another key on the other host looks like this, noise does not. */
const FORGED_TOLD = 20;
/** Datagrams to one host outside of beats; what is above waits for the next beat. */
const SENDS_AT_ONCE_PER_BEAT = 8;

/** What another host said of itself in its newest sign of life. */
export interface PeerBeat extends HeartbeatFacts {
  readonly slot: Slot;
  readonly lastHeardMs: number;
}

export interface LinkChange {
  readonly peer: Slot;
  readonly link: number;
  /** `forged`: datagrams in the host's name arrive whose seal is wrong. */
  readonly state: 'up' | 'down' | 'forged';
  readonly atMs: number;
}

export interface HeartbeatOptions {
  /** 32 bytes, the same on all hosts of the group. */
  readonly groupKey: Uint8Array;
  readonly self: Slot;
  readonly config: GroupConfig;
  /** This host's boot clock. */
  readonly nowMs: () => number;
  readonly facts: () => HeartbeatFacts;
  /** From another host's keeper. May come more than once: each link carries it. */
  readonly onMessage: (from: Slot, message: KeeperNetMessage) => void;
  /** What to say about telling people; null: nothing. Asked for at each beat. */
  readonly notify?: () => NotifyBeat | null;
  readonly onNotify?: (from: Slot, said: NotifyBeat | null) => void;
  readonly onLinkState: (change: LinkChange) => void;
  /** The same on all hosts of the group. */
  readonly everyMs?: number;
}

export interface Heartbeats {
  /** Takes up a new configuration: hosts and links that stay keep their sessions and figures. */
  configure(config: GroupConfig): void;
  /** Hands a keeper's message to another host: at once on every link, and again with the next beats. */
  send(to: Slot, message: KeeperNetMessage): void;
  links(): readonly LinkHealth[];
  peers(): readonly PeerBeat[];
  /** Links that this host can't use now, because their address isn't on any of its interfaces, or is taken. */
  unbound(): readonly UnboundLink[];
  close(): void;
}

export interface UnboundLink {
  readonly link: number;
  readonly address: string;
  /** The system's word for it, such as EADDRNOTAVAIL. */
  readonly problem: string;
}

/** By slot, and never forgotten while this agent runs: what was heard once must not be taken again. */
interface Peer {
  /** Null: this slot is not of the group now. */
  host: GroupHost | null;
  state: PeerState;
  outbox: Outbox;
  sentAtOnce: number;
  /** Datagrams sent by link. A counter used twice in one session would break the cipher. */
  readonly counters: number[];
  /** As last told to `onLinkState`. */
  readonly told: LinkHealth['state'][];
  /** Wrongly sealed datagrams when that was last told, by link. */
  readonly forgedTold: number[];
}

/** Sends this host's heartbeats on every link and hears the others'. Silence here moves nothing by itself. */
export function openHeartbeat(options: HeartbeatOptions): Heartbeats {
  return new HeartbeatLinks(options);
}

class HeartbeatLinks implements Heartbeats {
  readonly #options: HeartbeatOptions;
  readonly #everyMs: number;
  readonly #nowMs: () => number;
  readonly #session = randomBytes(SESSION_BYTES).toString('hex');
  readonly #envelope: Envelope;
  readonly #timer: NodeJS.Timeout;
  readonly #peers = new Map<Slot, Peer>();
  readonly #sockets = new Map<number, LinkSocket>();
  #sources = new Set<string>();
  #groupId: string;

  constructor(options: HeartbeatOptions) {
    this.#options = options;
    this.#everyMs = options.everyMs ?? BEAT_EVERY_MS;
    this.#nowMs = createFineClock(options.nowMs, () => performance.now());
    this.#groupId = options.config.groupId;
    this.#envelope = createEnvelope(options.groupKey, this.#groupId);
    this.configure(options.config);
    this.#timer = setInterval(() => this.#beat(), this.#everyMs);
  }

  configure(config: GroupConfig): void {
    const { self } = this.#options;
    this.#sources = new Set();
    for (const host of config.hosts) {
      if (host.slot === self) continue;
      for (const { address, port } of host.links) this.#sources.add(sourceName(address, port));
      const known = this.#peers.get(host.slot);
      if (known === undefined) this.#peers.set(host.slot, newPeerOf(host));
      else known.host = host;
    }
    for (const [slot, peer] of this.#peers)
      if (!config.hosts.some((host) => host.slot === slot)) peer.host = null;
    this.#bind(config.hosts.find((host) => host.slot === self)?.links ?? []);
  }

  #bind(links: readonly LinkAddress[]): void {
    for (const [link, socket] of this.#sockets) {
      const wanted = links.find((one) => one.link === link);
      if (wanted?.address === socket.address.address && wanted.port === socket.address.port) continue;
      socket.close();
      this.#sockets.delete(link);
    }
    for (const address of links) {
      if (this.#sockets.has(address.link)) continue;
      const socket = openLinkSocket({
        address,
        isKnown: (source) => this.#sources.has(source),
        onDatagram: (datagram) => this.#receive(address.link, datagram),
        onFlood: (datagram) => this.#refuse(parseHeader(datagram), 'flood'),
      });
      this.#sockets.set(address.link, socket);
    }
  }

  send(to: Slot, message: KeeperNetMessage): void {
    const peer = this.#peers.get(to);
    if (peer === undefined || peer.host === null) return;
    peer.outbox = post(peer.outbox, message);
    peer.sentAtOnce += 1;
    if (peer.sentAtOnce <= SENDS_AT_ONCE_PER_BEAT) this.#sendTo(to, peer);
  }

  #beat(): void {
    for (const socket of this.#sockets.values()) socket.beat();
    for (const [slot, peer] of this.#peers) {
      peer.sentAtOnce = 0;
      this.#sendTo(slot, peer);
      this.#tellChanges(slot, peer);
    }
  }

  #sendTo(to: Slot, peer: Peer): void {
    const facts = this.#options.facts();
    const { outbox, messages } = take(peer.outbox, facts.epoch);
    peer.outbox = outbox;
    for (const address of peer.host?.links ?? []) {
      const { link } = address;
      const socket = this.#sockets.get(link);
      if (socket === undefined) continue;
      const counter = (peer.counters[link] ?? 0) + 1;
      peer.counters[link] = counter;
      const nowMs = this.#nowMs();
      const { self } = this.#options;
      const beat: Heartbeat = {
        groupId: this.#groupId,
        from: self,
        link,
        session: this.#session,
        ...echoFor(peer.state, link, nowMs),
        sentMs: nowMs,
        ...facts,
        keeper: [...messages],
      };
      const header: Header = { from: self, to, link, session: this.#session, counter };
      const notify = this.#options.notify?.() ?? null;
      // A sign of life is never lost for what rides on it.
      const datagram =
        (notify === null ? null : this.#envelope.seal(header, JSON.stringify({ ...beat, notify }))) ??
        this.#envelope.seal(header, JSON.stringify(beat));
      if (datagram !== null) socket.send(datagram, address);
    }
  }

  #receive(link: number, datagram: Buffer): void {
    const header = parseHeader(datagram);
    if (header === null) return this.#refuse(null, 'malformed');
    const peer = this.#peers.get(header.from);
    if (peer === undefined || peer.host === null || header.to !== this.#options.self || header.link !== link)
      return this.#refuse(null, 'misaddressed');
    const text = this.#envelope.open(header, datagram);
    if (text === null) return this.#refuse(header, 'forged');
    const beat = parseBeat(text, header, this.#groupId);
    if (beat === null) return this.#refuse(header, 'malformed');
    const own = { session: this.#session, everyMs: this.#everyMs };
    const arrival = { link, counter: header.counter, beat };
    const { peer: state, verdict } = receive(peer.state, arrival, own, this.#nowMs());
    peer.state = state;
    if (verdict !== 'alive') return;
    this.#tellChanges(header.from, peer);
    for (const message of beat.keeper) this.#options.onMessage(header.from, message);
    this.#options.onNotify?.(header.from, beat.notify ?? null);
  }

  /** Counts a datagram that was not taken. One that names no host of the group is noise, and noise is not counted. */
  #refuse(header: Header | null, reason: RejectReason): void {
    const peer = header === null ? undefined : this.#peers.get(header.from);
    if (header === null || peer === undefined) return;
    peer.state = reject(peer.state, header.link, reason);
  }

  #tellChanges(slot: Slot, peer: Peer): void {
    const nowMs = this.#nowMs();
    for (const { link } of peer.host?.links ?? []) {
      const known = peer.state.links[link];
      if (known === undefined) continue;
      const forged = known.rejected.forged ?? 0;
      if (forged - (peer.forgedTold[link] ?? 0) >= FORGED_TOLD) {
        peer.forgedTold[link] = forged;
        this.#options.onLinkState({ peer: slot, link, state: 'forged', atMs: nowMs });
      }
      const state = linkStateOf(known, this.#everyMs, nowMs);
      if ((state !== 'up' && state !== 'down') || state === peer.told[link]) continue;
      peer.told[link] = state;
      this.#options.onLinkState({ peer: slot, link, state, atMs: nowMs });
    }
  }

  links(): readonly LinkHealth[] {
    const nowMs = this.#nowMs();
    return [...this.#peers].flatMap(([peer, { host, state }]) =>
      (host?.links ?? [])
        .filter(({ link }) => this.#sockets.has(link))
        .map(({ link, address }) => ({ peer, ...healthOf(state, link, address, this.#everyMs, nowMs) })),
    );
  }

  peers(): readonly PeerBeat[] {
    return [...this.#peers].flatMap(([slot, { state }]) => {
      if (state.lastBeat === null) return [];
      return [{ slot, lastHeardMs: state.lastBeat.atMs, ...factsIn(state.lastBeat.beat) }];
    });
  }

  unbound(): readonly UnboundLink[] {
    return [...this.#sockets.values()].flatMap((socket) => {
      const problem = socket.problem();
      const { link, address } = socket.address;
      return problem === null ? [] : [{ link, address, problem }];
    });
  }

  close(): void {
    clearInterval(this.#timer);
    for (const socket of this.#sockets.values()) socket.close();
    this.#sockets.clear();
  }
}

function newPeerOf(host: GroupHost): Peer {
  const sent = { outbox: emptyOutbox, sentAtOnce: 0, counters: [] };
  return { host, state: newPeer(MAX_LINKS), ...sent, told: [], forgedTold: [] };
}
