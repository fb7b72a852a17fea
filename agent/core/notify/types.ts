import type { LogEvent } from '../../protocol/event.ts';
import type { Failure } from '../../protocol/failure.ts';
import type { NotifyBeat, NotifySettings } from '../../protocol/notify.ts';
import type { EngineEvent } from '../engine/types.ts';

/**
 * The border of what tells people: `step(state, input) -> { state, effects }`. It decides which incidents are worth a
 * message, which host tells them, and when an attempt is made again. Times are this host's boot clock in ms; the wall
 * clock is for people and for what all hosts must name alike.
 */

/** What people are told to go by: the settings without servers and secrets. */
export type Plan = Pick<NotifySettings, 'revision' | 'savedAtWallMs' | 'tell'> & {
  readonly missingAfterMs: number;
  readonly channels: readonly string[];
};

export type About = 'host' | 'vm' | 'store' | 'links' | 'trouble' | 'protection' | 'weekly';

/** What a message says. Nothing in it is secret. */
export interface Message {
  /** The same on all hosts for the same thing: what comes twice can be told by it. */
  readonly incident: string;
  readonly about: About | 'test';
  readonly level: 'notice' | 'warning' | 'alarm';
  readonly group: string;
  /** Who tells it. */
  readonly host: string;
  /** ISO 8601 UTC. */
  readonly startedAt: string;
  readonly title: string;
  readonly what: string;
  readonly why: string | null;
  readonly now: string | null;
  readonly toDo: string | null;
  /** The longest time that a VM was without service. */
  readonly downMs: number | null;
  readonly vms: readonly string[];
  /** The events it was made from, as they stand in the log. */
  readonly lines: readonly string[];
}

/** What can be seen of the group now. */
export interface Look {
  readonly group: string;
  /** Slots of other hosts that renew their lease and are heard: who might tell instead. */
  readonly others: readonly number[];
  /** Hosts of the group that renew their lease, this one included, of all. */
  readonly hostsAlive: number;
  readonly hosts: number;
  /** VMs that should run. A pause with an end is no reason: somebody has thought of it. */
  readonly vms: readonly { readonly name: string; readonly unprotectedBecause: string | null }[];
}

interface At {
  readonly nowMs: number;
  readonly wallMs: number;
}
export type NotifyInput = At &
  (
    | { readonly kind: 'plan'; readonly plan: Plan | null }
    | { readonly kind: 'event'; readonly event: LogEvent }
    /** Also the clock: at least every two seconds. */
    | { readonly kind: 'look'; readonly look: Look }
    | { readonly kind: 'heard'; readonly from: number; readonly claims: NotifyBeat['claims'] }
    /** How an attempt ended; null: it was taken. */
    | { readonly kind: 'result'; readonly id: string; readonly failure: Failure | null }
  );

export type NotifyEffect =
  | { readonly kind: 'send'; readonly id: string; readonly channel: string; readonly message: Message }
  | { readonly kind: 'event'; readonly event: EngineEvent }
  | { readonly kind: 'remember'; readonly memory: NotifyMemory };

export interface Incident {
  readonly key: string;
  readonly about: About;
  readonly firstMs: number;
  readonly lastMs: number;
  readonly firstWallMs: number;
  readonly events: readonly LogEvent[];
  /** This host did something about it, or is the only one that knows: it tells at once. */
  readonly acted: boolean;
  /** Made once, when it has settled: what is tried again says the same. */
  readonly message: Message | null;
}

/** One message on one channel. */
export interface Delivery {
  readonly id: string;
  readonly key: string;
  readonly channel: string;
  readonly phase: 'waiting' | 'claiming' | 'sending' | 'pausing';
  readonly dueMs: number;
  readonly attempts: number;
  readonly firstTryMs: number | null;
}

/** What must outlive the agent and the host: what was told, and what was not yet. */
export interface NotifyMemory {
  readonly told: readonly { readonly id: string; readonly wallMs: number }[];
  readonly incidents: readonly Pick<
    Incident,
    'key' | 'about' | 'firstWallMs' | 'events' | 'acted' | 'message'
  >[];
  readonly deliveries: readonly Pick<Delivery, 'id' | 'key' | 'channel'>[];
  /** Name of the newest weekly note that was begun. */
  readonly weekly: string | null;
}

export interface NotifySetup {
  readonly slot: number;
  readonly hostName: string;
  readonly memory: NotifyMemory | null;
  readonly nowMs: number;
}

export interface Told {
  readonly wallMs: number;
  /** By this host, at this time of its boot clock; null: by another, or in an earlier run. */
  readonly bySelfMs: number | null;
  readonly channel: string | null;
  /** Said to the others until then: as long as one of them may come to know of it. */
  readonly sayUntilMs: number;
}

export interface ChannelHealth {
  readonly lastToldWallMs: number | null;
  readonly failure: Failure | null;
}

export interface NotifyState {
  readonly slot: number;
  readonly hostName: string;
  readonly startedMs: number;
  readonly plan: Plan | null;
  readonly look: Look | null;
  readonly incidents: ReadonlyMap<string, Incident>;
  readonly deliveries: ReadonlyMap<string, Delivery>;
  readonly told: ReadonlyMap<string, Told>;
  readonly health: ReadonlyMap<string, ChannelHealth>;
  readonly missing: Missing | null;
  readonly weekly: string | null;
  /** When it was last said that incidents were forgotten untold. */
  readonly droppedAtMs: number | null;
}

/** Protection that is not there, since when, and what was told of it. */
export interface Missing {
  readonly sinceMs: number;
  readonly sinceWallMs: number;
  /** When all was well again; null: it is not. */
  readonly wellSinceMs: number | null;
  readonly toldDays: number;
}

export type Draft = {
  -readonly [Key in keyof NotifyState]: NotifyState[Key];
} & {
  readonly incidents: Map<string, Incident>;
  readonly deliveries: Map<string, Delivery>;
  readonly told: Map<string, Told>;
  readonly health: Map<string, ChannelHealth>;
  readonly nowMs: number;
  readonly wallMs: number;
  readonly effects: NotifyEffect[];
  /** What must be remembered has changed. */
  changed: boolean;
};
