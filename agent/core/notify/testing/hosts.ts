import type { LogEvent } from '../../../protocol/event.ts';
import { claimsToSay } from '../deliveries.ts';
import { createNotify, step } from '../step.ts';
import type { Look, Message, NotifyEffect, NotifyInput, NotifyMemory, NotifyState, Plan } from '../types.ts';

/** A Saturday, ten in the morning. */
export const START_WALL_MS = 1_795_860_000_000;

export const plan: Plan = {
  revision: '0000aaaa',
  savedAtWallMs: START_WALL_MS,
  tell: { failover: true, protection: true, links: true, weeklyOn: 1 },
  missingAfterMs: 900_000,
  channels: ['mail', 'webhook:chat'],
};

export const look: Look = {
  group: 'Shop',
  others: [],
  hostsAlive: 2,
  hosts: 2,
  vms: [{ name: 'web', unprotectedBecause: null }],
};

type Timeless = NotifyInput extends infer Input
  ? Input extends NotifyInput
    ? Omit<Input, 'nowMs' | 'wallMs'>
    : never
  : never;

/** One host of a group: its core, and what left it. */
export class Host {
  readonly name: string;
  readonly slot: number;
  readonly sent: {
    readonly id: string;
    readonly channel: string;
    readonly message: Message;
    readonly atMs: number;
  }[] = [];
  readonly events: string[] = [];
  memory: NotifyMemory | null = null;
  state: NotifyState;
  /** What receivers answer; null: they take it. 'hang': nothing comes back. */
  answer: 'taken' | 'refused' | 'hang' = 'taken';
  look: Look = look;
  turn = 0;

  constructor(name: string, slot: number, nowMs = 0, memory: NotifyMemory | null = null) {
    this.name = name;
    this.slot = slot;
    this.state = createNotify({ slot, hostName: name, memory, nowMs });
  }

  take(input: Timeless, nowMs: number): void {
    const { state, effects } = step(this.state, { ...input, nowMs, wallMs: START_WALL_MS + nowMs });
    this.state = state;
    for (const effect of effects) this.carryOut(effect, nowMs);
  }

  carryOut(effect: NotifyEffect, nowMs: number): void {
    if (effect.kind === 'event') this.events.push(effect.event.code);
    else if (effect.kind === 'remember') this.memory = effect.memory;
    else {
      if (this.answer === 'hang') return;
      const isTaken = this.answer === 'taken';
      if (isTaken) this.sent.push({ ...effect, atMs: nowMs });
      const failure = isTaken ? null : { code: 'notify.unreachable', message: 'No.' };
      this.take({ kind: 'result', id: effect.id, failure }, nowMs);
    }
  }
}

/** Plays hosts on one clock; those that are linked hear each other's heartbeats four times a second. */
export class Group {
  nowMs = 0;
  readonly hosts: Host[];
  linked = true;

  constructor(...hosts: Host[]) {
    this.hosts = hosts;
    for (const host of hosts) host.take({ kind: 'plan', plan }, 0);
  }

  run(ms: number): void {
    const [startMs, endMs] = [this.nowMs, this.nowMs + ms];
    while (this.nowMs < endMs) {
      // After ten minutes nothing hangs on single heartbeats.
      this.nowMs += this.nowMs - startMs < 600_000 ? 250 : 10_000;
      if (this.linked) this.beat();
      if (this.nowMs % 1000 !== 0) continue;
      for (const host of this.hosts) {
        const others = this.linked ? this.hosts.filter((one) => one !== host).map(({ slot }) => slot) : [];
        host.take({ kind: 'look', look: { ...host.look, others } }, this.nowMs);
      }
    }
  }

  beat(): void {
    for (const from of this.hosts) {
      const claims = claimsToSay(from.state, this.nowMs, (from.turn += 1));
      if (claims.length === 0) continue;
      for (const to of this.hosts)
        if (to !== from) to.take({ kind: 'heard', from: from.slot, claims }, this.nowMs);
    }
  }

  sent(): string[] {
    return this.hosts.flatMap((host) =>
      host.sent.map(({ channel, message }) => `${host.name} ${channel} ${message.incident}`),
    );
  }
}

let seq = 0;
export function event(
  host: string,
  code: string,
  level: LogEvent['level'],
  more: Partial<LogEvent> = {},
): { kind: 'event'; event: LogEvent } {
  seq += 1;
  const base = {
    seq,
    bootId: '11111111-1111-4111-8111-111111111111',
    atBootMs: 0,
    wallTime: '2026-11-28T10:00:00Z',
  };
  return { kind: 'event', event: { ...base, host, code, level, text: `${code} on ${host}`, ...more } };
}

export const dead = (at: string, host: string, epoch = 5) =>
  event(at, 'host.dead-up-to', 'notice', { facts: { incident: `${host}-e${epoch}`, byTime: true } });
export const takenOver = (at: string, from: string, vm: string) =>
  event(at, 'vm.taken-over', 'alarm', {
    vm,
    facts: { incident: `${from}-e5`, why: `${from} has not renewed its lease` },
  });
export const started = (at: string, from: string, vm: string, downMs: number) =>
  event(at, 'vm.started', 'notice', { vm, facts: { incident: `${from}-e5`, downMs } });

export function hostDies(group: Group, taker: Host, from: string): void {
  taker.take(dead(taker.name, from), group.nowMs);
  taker.take(takenOver(taker.name, from, 'web'), group.nowMs);
  group.run(3000);
  taker.take(started(taker.name, from, 'web', 13_200), group.nowMs);
}
