import type { PeerFact } from '../../../agent/core/engine/peerFact.ts';
import { createLinkStory, type LinkStory } from '../../../agent/heartbeat/linkStory.ts';
import type { KeeperNetMessage } from '../../../agent/protocol/keeperLink.ts';
import type { EventQueue } from './queue.ts';
import type { Random } from './random.ts';

/** One direction of one cable. */
interface Way {
  readonly from: number;
  readonly to: number;
  /** Within the pair of hosts, from 0. */
  readonly link: number;
  isCut: boolean;
  /** As a share. */
  loss: number;
  delayMs: number;
  lastHeardMs: number | null;
  told: 'up' | 'down' | null;
}

/** As in agent/heartbeat: a beat each 250 ms, a message goes out at once and twice again. */
const BEAT_EVERY_MS = 250;
const SENDS = 3;
const DOWN_AFTER_MS = 2000;
const LATE_AFTER_MS = 750;
const BEATS_BETWEEN_LOOKS = 4;

export interface NetworkEvents {
  readonly isListening: (host: number) => boolean;
  readonly deliver: (from: number, to: number, message: KeeperNetMessage) => void;
  readonly hostName: (host: number) => string;
  readonly told: (host: number, code: string, text: string) => void;
}

/** Heartbeats and keepers' messages between the agents, over one-way links that lose, delay, double and reorder. */
/** What another host's heartbeats say of it. */
export type PeerWords = Pick<PeerFact, 'agentVersion' | 'goingDown' | 'condition'>;

export class Network {
  readonly #queue: EventQueue;
  readonly #random: Random;
  readonly #events: NetworkEvents;
  readonly #ways: Way[] = [];
  readonly #stories: LinkStory[];

  constructor(
    queue: EventQueue,
    random: Random,
    hosts: number,
    links: readonly (readonly [number, number])[],
    events: NetworkEvents,
  ) {
    this.#queue = queue;
    this.#random = random;
    this.#events = events;
    this.#stories = Array.from({ length: hosts }, () => createLinkStory());
    for (const [a, b] of links) {
      const link = this.#ways.filter((way) => way.from === a && way.to === b).length;
      const fresh = { link, isCut: false, loss: 0, delayMs: 0, lastHeardMs: null, told: null };
      this.#ways.push({ from: a, to: b, ...fresh }, { from: b, to: a, ...fresh });
    }
  }

  /** Ways from one host to another (null: any), on one link or all of them. */
  ways(from: number | null, to: number | null, link: number | null): readonly Way[] {
    return this.#ways.filter(
      (way) =>
        (from === null || way.from === from) &&
        (to === null || way.to === to) &&
        (link === null || way.link === link),
    );
  }

  /** Every two hosts can hear each other, soon and without loss. */
  isWhole(hosts: number): boolean {
    for (let from = 0; from < hosts; from += 1) {
      for (let to = 0; to < hosts; to += 1) {
        const isGood = (way: Way): boolean =>
          way.from === from && way.to === to && !way.isCut && way.loss === 0 && way.delayMs <= GOOD_DELAY_MS;
        if (from !== to && !this.#ways.some(isGood)) return false;
      }
    }
    return true;
  }

  /** On every link at once, and again with the next beats; each of them may be lost, late and doubled. */
  send(from: number, to: number, message: KeeperNetMessage): void {
    for (const way of this.#ways) {
      if (way.from !== from || way.to !== to) continue;
      for (let nth = 0; nth < SENDS; nth += 1) {
        if (way.isCut || this.#random.chance(way.loss)) continue;
        this.#carry(way, nth * BEAT_EVERY_MS, message);
        // The later copies matter only where the first may be late.
        if (way.delayMs === 0 && !this.#random.chance(0.1)) break;
      }
    }
  }

  #carry(way: Way, afterMs: number, message: KeeperNetMessage): void {
    const spreadMs = 2 + (this.#random.chance(0.02) ? 300 : 0) + way.delayMs * 0.5;
    const lateMs = way.delayMs + this.#random.next() * spreadMs;
    this.#queue.after(afterMs + lateMs, () => {
      if (!way.isCut) this.#events.deliver(way.from, way.to, message);
    });
  }

  /** What a host has heard of the others; looked at once a second, its links' story told on the way. */
  facts(host: number, wordsOf: (host: number) => PeerWords, bootMs: number): readonly PeerFact[] {
    const best = new Map<number, Way>();
    for (const way of this.#ways) {
      if (way.to !== host) continue;
      this.#hear(way);
      this.#tell(way, bootMs);
      const known = best.get(way.from);
      if (known === undefined || (way.lastHeardMs ?? -Infinity) > (known.lastHeardMs ?? -Infinity)) {
        best.set(way.from, way);
      }
    }
    return [...best].map(([slot, way]) => {
      const heard = this.#heard(way);
      const words = wordsOf(slot);
      const { goingDown = null, condition = null }: Partial<PeerWords> = heard === 'up' ? words : {};
      return { slot, heard, agentVersion: words.agentVersion, goingDown, condition };
    });
  }

  /** An agent has started: it has heard nobody yet. */
  startOf(host: number): void {
    for (const way of this.#ways) {
      if (way.to !== host) continue;
      way.lastHeardMs = null;
      way.told = null;
    }
    this.#stories[host] = createLinkStory();
  }

  /** A datagram counts only when it echoes one's own: both ways must work. */
  #hear(way: Way): void {
    const back = this.#ways.find(
      (one) => one.from === way.to && one.to === way.from && one.link === way.link,
    );
    if (!this.#events.isListening(way.from) || back === undefined || way.isCut || back.isCut) return;
    const missed = way.loss ** BEATS_BETWEEN_LOOKS;
    if (this.#random.chance(Math.max(missed, back.loss ** BEATS_BETWEEN_LOOKS))) return;
    way.lastHeardMs = this.#queue.nowMs - way.loss * DOWN_AFTER_MS * this.#random.next();
  }

  #heard(way: Way): PeerFact['heard'] {
    if (way.lastHeardMs === null) return 'never';
    const silentMs = this.#queue.nowMs - way.lastHeardMs;
    return silentMs > DOWN_AFTER_MS ? 'down' : silentMs > LATE_AFTER_MS ? 'late' : 'up';
  }

  #tell(way: Way, bootMs: number): void {
    const heard = this.#heard(way);
    const state = heard === 'up' ? 'up' : heard === 'down' ? 'down' : null;
    if (state === null || state === way.told) return;
    way.told = state;
    const change = { peer: way.from, link: way.link, state, atMs: bootMs } as const;
    const event = this.#stories[way.to]?.tell(change, this.#events.hostName(way.from)) ?? null;
    if (event !== null) this.#events.told(way.to, event.code, event.text);
  }
}

/** Delays up to this leave a hold its time in every profile. */
const GOOD_DELAY_MS = 100;
