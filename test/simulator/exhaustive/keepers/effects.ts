import type { KeeperEffect } from '../../../../agent/core/keeper/types.ts';
import type { KeeperLine } from '../../../../agent/protocol/keeperLink.ts';
import { STEP_MS } from '../timing.ts';
import { type Host, type Io, type World, checkWriters, clock, withBlocks } from './world.ts';

/** What the keeper's effects do to a host, its guest, the store and the mail. */

export function carryOut(world: World, host: Host, effect: KeeperEffect): void {
  const { guest } = host;
  switch (effect.kind) {
    case 'saveRun':
      host.runFile = effect.file;
      return;
    case 'gate':
      host.gate = effect.open;
      return;
    case 'read':
    case 'write':
      startIo(world, host, effect);
      return;
    case 'pet':
      if (clock(world, host) < effect.notAfterMs) {
        // Anywhere until the keeper's next turn: the latest moment is the worst.
        host.petAtMs = Math.min(effect.notAfterMs + host.bootedAtMs, world.nowMs + STEP_MS);
      }
      return;
    case 'disarmWatchdog':
      host.petAtMs = null;
      return;
    case 'freeze':
      host.guest = guest === null ? null : { ...guest, frozen: true };
      return;
    case 'thaw':
      if (guest !== null && clock(world, host) < effect.notAfterMs) {
        host.guest = { ...guest, frozen: false };
        checkWriters(world);
      }
      return;
    case 'kill':
      killGuest(world, host);
      return;
    case 'saveConfig':
      host.diskConfig = effect.config;
      return;
    case 'send':
      send(world, host, effect);
      return;
  }
}

function send(world: World, host: Host, effect: Extract<KeeperEffect, { kind: 'send' }>): void {
  const { line } = effect;
  if (line.kind === 'reply' || line.kind === 'refused') {
    host.todo = [...host.todo, { kind: 'reply', line }];
  } else if (line.kind === 'toPeer') {
    post(world, host.slot, line);
  }
}

/** Letters kept for one host from another: the oldest are the dangerous ones. */
const MAX_LETTERS = 3;

function post(world: World, from: number, { to, message }: Extract<KeeperLine, { kind: 'toPeer' }>): void {
  const waiting = world.mail.filter((letter) => letter.from === from && letter.to === to).length;
  if (world.hosts[to]?.on === true && waiting < MAX_LETTERS) {
    world.mail = [...world.mail, { from, to, message }];
  }
}

/** The process is gone at once; a write of its that hangs in the store is not, whatever the kernel says. */
export function killGuest(world: World, host: Host): void {
  const { guest } = host;
  if (guest === null) {
    return;
  }
  if (guest.hung) {
    host.stray = true;
  } else if (!guest.paused && !guest.frozen) {
    lateWrites(world, host);
  }
  host.guest = null;
}

/** Writes that were on their way just now may land until d from now. */
function lateWrites(world: World, host: Host): void {
  host.lateUntilMs = world.nowMs + STEP_MS;
}

/** Writes that can hang in one lane; the shell has children for 8, and here fewer make the same schedules. */
const MAX_HUNG = 2;

function startIo(world: World, host: Host, effect: Io): void {
  const hung = host.pending.filter((one) => one.effect.kind === 'write' && one.effect.lane === effect.lane);
  if (host.stalled && effect.kind === 'write' && hung.length >= MAX_HUNG) {
    const outcome = { kind: 'failed', error: 'every child of the lane hangs' } as const;
    host.todo = [...host.todo, { kind: 'io', id: effect.id, outcome }];
  } else if (host.stalled) {
    host.pending = [...host.pending, { effect, run: host.run, landed: false, toldLate: false }];
  } else if (effect.kind === 'read') {
    host.todo = [...host.todo, { kind: 'readDone', effect, disk: world.disk }];
  } else {
    world.disk = withBlocks(world.disk, effect.block, effect.data);
    host.todo = [...host.todo, { kind: 'io', id: effect.id, outcome: { kind: 'written' } }];
  }
}
