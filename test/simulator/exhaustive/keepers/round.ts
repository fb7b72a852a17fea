import { startKeeper, step } from '../../../../agent/core/keeper/step.ts';
import type { KeeperInput } from '../../../../agent/core/keeper/types.ts';
import { STEP_MS } from '../timing.ts';
import { actAgent, onReply } from './agent.ts';
import { carryOut } from './effects.ts';
import { loseHost } from './power.ts';
import {
  type Host,
  type Io,
  type Todo,
  type World,
  areaId,
  bootId,
  clock,
  groupId,
  readBlocks,
  vm,
  withBlocks,
} from './world.ts';

/** What happens to a host at one of its points within a step. */
export interface Cut {
  readonly host: number;
  readonly point: number;
  readonly what: 'freeze' | 'keeper-kill' | 'power-off' | 'power-off-torn' | 'stall' | 'stall-busy';
}

/** More in one step would be a loop of this model or of the keeper. */
const MAX_ACTS = 400;

/** Lets one host do all that it has to do now, up to the point at which it is interrupted. */
export function runHost(world: World, host: Host, cut: Cut | null): number {
  const mine = cut?.host === host.slot ? cut : null;
  let points = 0;
  let done = 0;
  let agentHasLooked = false;
  while (host.on && !host.frozen) {
    const [next, ...rest] = host.todo;
    if (next === undefined && (agentHasLooked || host.keeper === null)) {
      break;
    }
    // The agent looks last, when everything that this step brings is known: it loses no time.
    const first = next ?? { kind: 'agent' };
    agentHasLooked ||= next === undefined;
    done += 1;
    if (done > MAX_ACTS) {
      world.violation ??= `host ${host.slot} never comes to rest`;
      break;
    }
    if (isPoint(first)) {
      if (mine !== null && mine.point === points) {
        interrupt(world, host, mine, first);
        if (!host.on || host.frozen || host.keeper === null) {
          break;
        }
      }
      points += 1;
    }
    host.todo = rest;
    perform(world, host, first);
  }
  return points;
}

/** Between what, for the outside world or the run file, an interruption makes a difference. */
function isPoint(todo: Todo): boolean {
  switch (todo.kind) {
    case 'effect':
      return todo.effect.kind !== 'send' || todo.effect.line.kind === 'toPeer';
    case 'io':
    case 'readDone':
    case 'reply':
      return true;
    case 'mail':
    case 'input':
    case 'tick':
    case 'agent':
      return false;
  }
}

function interrupt(world: World, host: Host, cut: Cut, at: Todo): void {
  switch (cut.what) {
    case 'freeze':
      host.frozen = true;
      return;
    case 'keeper-kill':
      killKeeper(host);
      return;
    case 'power-off-torn':
      if (at.kind === 'effect' && at.effect.kind === 'write') {
        world.disk = withBlocks(world.disk, at.effect.block, torn(at.effect.data));
      }
      loseHost(world, host);
      return;
    case 'power-off':
      loseHost(world, host);
      return;
    case 'stall':
    case 'stall-busy':
      stall(host, cut.what === 'stall-busy');
      return;
  }
}

/** @param busy - the guest has a write under way just then, which hangs with it. */
export function stall(host: Host, busy: boolean): void {
  host.stalled = true;
  if (busy && host.guest !== null && !host.guest.paused && !host.guest.frozen) {
    host.guest = { ...host.guest, hung: true };
  }
}

/** The first half of the new record, and nothing readable behind it. */
function torn(data: Uint8Array): Uint8Array {
  return data.map((byte, index) => (index < data.length / 2 ? byte : 0xff)).fill(0xff, 64);
}

/** The keeper's process ends here: what it had not done is not done; its children's I/O goes on and is reported. */
export function killKeeper(host: Host): void {
  host.keeper = null;
  const reports = host.todo.flatMap((todo) => (todo.kind === 'io' ? [todo] : []));
  host.reports = [...host.reports, ...reports];
  host.todo = [];
  host.stage = 'idle';
  host.ranSinceMs = null;
}

/**
 * What a keeper that is started again hears of its predecessor's writes: the notes of store-io say of each that is not
 * under way any more that it came back, or at least that it is over.
 */
function reportsOfStoreIo(host: Host): Host['todo'] {
  const over = (host.runFile?.unreturned ?? []).filter(
    ({ id }) => !host.pending.some((pending) => pending.effect.id === id),
  );
  return over.map(({ id }) => {
    const known = host.reports.find((report) => report.id === id);
    return { kind: 'io', id, outcome: known?.outcome ?? { kind: 'failed', error: 'it is over' } };
  });
}

export function launchKeeper(world: World, host: Host): void {
  const settings = {
    version: 1,
    slot: host.slot,
    hostName: `host${host.slot}`,
    hardwareId: `${host.slot}`.repeat(64),
    groupId,
    areaId,
    areaPath: '/store/area',
    hypervisor: 'demo',
    watchdogDevice: null,
    watchdogAttributes: null,
  } as const;
  const { runFile, diskConfig } = host;
  const setup = {
    settings,
    bootId: bootId(host),
    version: 'searched',
    realTime: true,
    runFile,
    config: diskConfig,
  };
  host.keeper = startKeeper(setup, clock(world, host));
  host.run += 1;
  host.todo = [
    { kind: 'input', input: { kind: 'watchdog', state: 'armed', timeoutMs: STEP_MS, why: null } },
    { kind: 'input', input: { kind: 'agent', connected: true } },
    ...reportsOfStoreIo(host),
  ];
  host.reports = [];
}

function perform(world: World, host: Host, todo: Todo): void {
  switch (todo.kind) {
    case 'effect':
      carryOut(world, host, todo.effect);
      return;
    case 'io':
      feed(world, host, { kind: 'io', nowMs: clock(world, host), id: todo.id, outcome: todo.outcome });
      return;
    case 'readDone': {
      const data = readBlocks(todo.disk, todo.effect.block, blocksOf(todo.effect));
      const outcome = { kind: 'read', data } as const;
      feed(world, host, { kind: 'io', nowMs: clock(world, host), id: todo.effect.id, outcome });
      return;
    }
    case 'mail': {
      const body = { kind: 'fromPeer', from: todo.from, message: todo.message } as const;
      feed(world, host, { kind: 'request', nowMs: clock(world, host), request: { id: 0, body } });
      return;
    }
    case 'reply':
      onReply(world, host, todo.line);
      return;
    case 'input':
      feed(world, host, { ...todo.input, nowMs: clock(world, host) });
      return;
    case 'tick':
      feed(world, host, tick(world, host));
      return;
    case 'agent':
      actAgent(world, host);
      return;
  }
}

function blocksOf(effect: Io): number {
  return effect.kind === 'read' ? effect.blocks : 0;
}

function tick(world: World, host: Host): KeeperInput {
  const nowMs = clock(world, host);
  const { guest } = host;
  const stopped = guest !== null && guest.frozen && (!guest.hung || world.wrong === 'stopped-under-a-write');
  const processes = guest === null ? [] : [{ vm, pid: guest.pid, startTicks: guest.pid, stopped }];
  return { kind: 'tick', nowMs, scan: { startedAtMs: nowMs, processes, hookStarts: [] } };
}

function feed(world: World, host: Host, input: KeeperInput): void {
  if (host.keeper === null) {
    return;
  }
  const { state, effects } = step(host.keeper, input);
  host.keeper = state;
  host.todo = [...effects.map((effect) => ({ kind: 'effect', effect }) as const), ...host.todo];
}
