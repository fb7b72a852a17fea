import { mine } from '../../../../agent/core/keeper/rights.ts';
import { killGuest } from './effects.ts';
import { type Cut, launchKeeper, stall } from './round.ts';
import { STEP_MS } from '../timing.ts';
import { type Host, type World, checkWriters, copy, token, withBlocks } from './world.ts';

/** What a search may do to the hosts. Each costs one of its faults; how and when one ends costs nothing. */
export type Fault = Cut['what'] | 'guest-dies' | 'hand-over' | 'cut-link' | 'stall-all';

export interface Choice {
  readonly label: string;
  readonly state: World;
}

function change(world: World, label: string, act: (next: World) => void): Choice {
  const state = copy(world);
  act(state);
  checkWriters(state);
  return { label, state };
}

function hostOf(world: World, slot: number): Host {
  const host = world.hosts[slot];
  if (host === undefined) {
    throw new RangeError(`no host ${slot}`);
  }
  return host;
}

/** Faults that strike between two steps and not at a point within one. */
export function* strikeBetween(world: World, faults: ReadonlySet<Fault>): Generator<Choice> {
  if (faults.has('stall-all') && world.hosts.every((host) => host.on && !host.stalled)) {
    yield change(world, 'the store stalls for all', (next) => {
      for (const host of next.hosts) {
        stall(host, false);
      }
    });
  }
  for (const { slot, guest, keeper, on, frozen } of world.hosts) {
    const running = on && !frozen && guest !== null && !guest.paused;
    if (faults.has('guest-dies') && running && !guest.hung) {
      yield change(world, `${slot}: guest dies`, (next) => killGuest(next, hostOf(next, slot)));
    }
    if (faults.has('hand-over') && running && keeper !== null && mine(keeper, token) !== null) {
      yield change(world, `${slot}: hand over`, (next) => {
        hostOf(next, slot).wantsHandOver = true;
      });
    }
    for (const other of faults.has('cut-link') ? world.hosts : []) {
      const link = `${slot}>${other.slot}`;
      if (other.slot !== slot && !world.cut.has(link)) {
        yield change(world, `cut ${link}`, (next) => {
          next.cut = new Set([...next.cut, link]);
        });
      }
    }
  }
}

/** Which cuts make sense for a host as it is. */
export function canCut(host: Host, what: Cut['what']): boolean {
  const { guest } = host;
  switch (what) {
    case 'freeze':
    case 'power-off':
    case 'power-off-torn':
      return host.on && !host.frozen;
    case 'keeper-kill':
      return host.on && !host.frozen && host.keeper !== null;
    case 'stall':
      return host.on && !host.stalled;
    case 'stall-busy':
      return host.on && !host.stalled && guest !== null && !guest.paused && !guest.frozen;
  }
}

/**
 * The ends of what has begun, each possible at any time: they cost nothing.
 * @param late - hanging writes may land without an answer, and go on hanging when the store works again.
 */
export function* ends(world: World, late: boolean): Generator<Choice> {
  for (const { slot, on, frozen, keeper, stalled, pending, bootAtMs } of world.hosts) {
    if (on && frozen) {
      yield change(world, `${slot}: thaw`, (next) => {
        hostOf(next, slot).frozen = false;
      });
    }
    if (on && !frozen && keeper === null) {
      yield change(world, `${slot}: keeper starts`, (next) => launchKeeper(next, hostOf(next, slot)));
    }
    if (!on && bootAtMs === null) {
      yield change(world, `${slot}: power on`, (next) => {
        hostOf(next, slot).bootAtMs = next.nowMs + STEP_MS;
      });
    }
    if (stalled || pending.length > 0) {
      yield* endsOfStall(world, slot, late);
    }
  }
  for (const ghost of world.ghosts) {
    yield change(world, `a write of ${ghost.host} from before its reset lands`, (next) => {
      next.ghosts = next.ghosts.filter((one) => one !== ghost);
      next.disk = landed(next, ghost.effect);
    });
  }
  for (const link of world.cut) {
    yield change(world, `heal ${link}`, (next) => {
      next.cut = new Set([...next.cut].filter((one) => one !== link));
    });
  }
}

function* endsOfStall(world: World, slot: number, late: boolean): Generator<Choice> {
  const { stalled, pending } = hostOf(world, slot);
  const healed = (label: string, how: Parameters<typeof heal>[2]) =>
    change(world, `${slot}: ${label}`, (next) => heal(next, hostOf(next, slot), how));
  yield healed(stalled ? 'store heals' : 'what hung comes back', 'all');
  if (stalled && pending.length > 0) {
    yield healed('store heals, what hung fails', 'fail');
  }
  if (stalled && pending.length > 0 && late) {
    yield healed('store heals, what hung goes on hanging', 'rest-hangs');
  }
  if (late && pending.some((one) => !one.landed && one.effect.kind === 'write')) {
    yield change(world, `${slot}: hanging writes land, unanswered`, (next) => land(next, hostOf(next, slot)));
  }
}

function landed(world: World, effect: Host['pending'][number]['effect']): World['disk'] {
  return effect.kind === 'write' ? withBlocks(world.disk, effect.block, effect.data) : world.disk;
}

function land(world: World, host: Host): void {
  for (const pending of host.pending) {
    if (!pending.landed) {
      world.disk = landed(world, pending.effect);
    }
  }
  host.pending = host.pending.map((one) => (one.effect.kind === 'write' ? { ...one, landed: true } : one));
}

/** `all`: what hung is done and answered; `fail`: answered with an error, and not done; `rest-hangs`: only new I/O works. */
function heal(world: World, host: Host, how: 'all' | 'fail' | 'rest-hangs'): void {
  host.stalled = false;
  host.stray = false;
  if (host.guest?.hung === true) {
    host.guest = { ...host.guest, hung: false };
  }
  if (how === 'rest-hangs') {
    return;
  }
  const { pending } = host;
  if (how === 'all') {
    land(world, host);
  }
  host.pending = [];
  for (const { effect, run, landed: done } of pending) {
    const current = run === host.run && host.keeper !== null;
    if (effect.kind === 'read' && !current) {
      continue;
    }
    const failed = how === 'fail' && !done;
    const outcome = failed ? ({ kind: 'failed', error: 'EIO' } as const) : ({ kind: 'written' } as const);
    if (host.keeper === null) {
      host.reports = [...host.reports, { id: effect.id, outcome }];
    } else if (effect.kind === 'read' && !failed) {
      host.todo = [...host.todo, { kind: 'readDone', effect, disk: world.disk }];
    } else {
      host.todo = [...host.todo, { kind: 'io', id: effect.id, outcome }];
    }
  }
}
