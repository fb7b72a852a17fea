import { mayRun, mine, tokenContext } from '../../../../agent/core/keeper/rights.ts';
import type { KeeperState } from '../../../../agent/core/keeper/step.ts';
import { evaluateToken } from '../../../../agent/core/token.ts';
import type { KeeperLine, KeeperRequestBody } from '../../../../agent/protocol/keeperLink.ts';
import { type HolderNote, MOVED_LIVE } from '../../../../agent/protocol/store.ts';
import { type Host, type Stage, type World, checkWriters, clock, token, vm } from './world.ts';

/** An agent that is as eager as one can be: takes what is free, starts what is its own, and asks again and again. */

/** After handing the VM over it leaves it alone for so many steps. */
const STAND_DOWN_STEPS = 3;

const note: HolderNote = {
  generation: 0,
  desired: 'running',
  released: false,
  releasedTo: null,
  notTakeable: false,
  reason: null,
  restarts: 0,
  failedOn: [],
  definition: null,
};

export function actAgent(world: World, host: Host): void {
  const { keeper, guest } = host;
  if (keeper === null || host.stage !== 'idle') {
    return;
  }
  const held = mine(keeper, token);
  host.wantsHandOver &&= guest !== null && held !== null;
  if (receives(world, host) || moves(world, host)) {
    return;
  }
  if (guest !== null && guest.paused) {
    if (held !== null) {
      ask(host, 'continuing', { kind: 'mayContinue', token, generation: held.generation });
    } else if (guest.copy !== 'none' && host.standDown === 0 && wants(keeper, clock(world, host))) {
      ask(host, 'acquiring', { kind: 'acquire', token, note });
    }
    return;
  }
  if (guest === null && keeper.pendingStarts.has(token)) {
    ask(host, 'ending', { kind: 'endStart', token, outcome: 'failed' });
  } else if (held !== null && host.wantsHandOver && guest !== null) {
    ask(host, 'stopping', { kind: 'stop', token, generation: held.generation });
  } else if (held !== null && guest === null && !held.releasing && !host.wantsHandOver) {
    ask(host, 'starting', { kind: 'beginStart', token, generation: held.generation });
  } else if (held === null && host.standDown === 0 && wants(keeper, clock(world, host))) {
    ask(host, 'acquiring', { kind: 'acquire', token, note });
  }
}

function wants(keeper: KeeperState, nowMs: number): boolean {
  const read = keeper.tokens.get(token);
  const busy = keeper.operations.size > 0;
  return (
    read !== undefined &&
    !busy &&
    mayRun(keeper, nowMs) &&
    evaluateToken(read, tokenContext(keeper, token)).kind !== 'held'
  );
}

/** A target that never gives up by itself, and asks to go on with a copy whatever it is: only the keeper keeps it from that. */
function receives(world: World, host: Host): boolean {
  const { keeper, guest, expects } = host;
  if (keeper === null || expects === null) {
    return false;
  }
  const read = keeper.tokens.get(token);
  const isHeld = read !== undefined && evaluateToken(read, tokenContext(keeper, token)).kind === 'held';
  if (!isHeld || (read.decided?.generation ?? 0) > expects || mine(keeper, token) !== null) {
    host.expects = null;
    return false;
  }
  const again = guest !== null && guest.copy !== 'none';
  if (guest !== null && !again) {
    host.expects = null;
    return false;
  }
  ask(host, 'receiving', { kind: 'expectIncoming', token, generation: expects, again });
  return true;
}

/** The source: asks, lets the guest stand still when all has arrived, ends it, and gives the token after it. */
function moves(world: World, host: Host): boolean {
  const { keeper, guest } = host;
  const held = keeper === null ? null : mine(keeper, token);
  const target = world.hosts.find((one) => one.slot !== host.slot);
  host.wantsMove &&= guest !== null && held !== null && target !== undefined;
  if (!host.wantsMove || guest === null || held === null || target === undefined) {
    return false;
  }
  const works = target.on && !target.frozen && !world.cut.has(`${host.slot}>${target.slot}`);
  const copied = target.guest?.copy ?? 'none';
  if (guest.moved && works && copied === 'fresh') {
    host.guest = null;
    host.wantsMove = false;
    const released = { ...note, released: true, releasedTo: target.slot, reason: MOVED_LIVE };
    ask(host, 'releasing', { kind: 'release', token, note: released, ended: 'migrated' });
    return true;
  }
  if (guest.moved) {
    host.wantsMove = false;
    return false;
  }
  if (!works || guest.paused || guest.frozen || guest.hung) {
    return false;
  }
  if (copied === 'partial' && target.guest !== null) {
    host.guest = { ...guest, paused: true, moved: true };
    target.guest = { ...target.guest, copy: 'fresh' };
  } else if (target.guest === null && target.expects === null) {
    target.expects = held.generation;
  }
  return false;
}

/** The guest of this host runs from now on: no copy elsewhere is the VM any more. */
function outdate(world: World, host: Host): void {
  for (const other of world.hosts) {
    if (other !== host && other.guest?.copy === 'fresh') {
      other.guest = { ...other.guest, copy: 'old' };
    }
  }
}

function ask(host: Host, stage: Stage, body: KeeperRequestBody): void {
  host.stage = stage;
  host.requestId += 1;
  const request = { id: host.requestId, body };
  host.todo = [...host.todo, { kind: 'input', input: { kind: 'request', request } }];
}

export function onReply(
  world: World,
  host: Host,
  line: Extract<KeeperLine, { kind: 'reply' | 'refused' }>,
): void {
  if (line.id !== host.requestId) {
    return;
  }
  const { stage } = host;
  host.stage = 'idle';
  if (line.kind === 'refused') {
    afterRefusal(host, stage);
  } else {
    afterReply(world, host, stage);
  }
  host.todo = [...host.todo, { kind: 'agent' }];
}

function afterRefusal(host: Host, stage: Stage): void {
  if (stage === 'continuing' && host.guest !== null) {
    // It has never run: destroying it leaves nothing behind.
    host.guest = null;
    return;
  }
  if (stage === 'receiving') {
    host.expects = null;
  }
  host.stage = 'resting';
  host.wantsHandOver = false;
}

function afterReply(world: World, host: Host, stage: Stage): void {
  switch (stage) {
    case 'starting':
      create(world, host);
      return;
    case 'continuing':
      if (host.guest !== null) {
        const { copy } = host.guest;
        if (copy === 'old' || copy === 'partial') {
          world.violation ??= `I1: host ${host.slot} runs a copy of the VM that is ${copy}`;
        }
        host.guest = { ...host.guest, paused: false, copy: 'none', moved: false };
        outdate(world, host);
        checkWriters(world);
        ask(host, 'ending', { kind: 'endStart', token, outcome: 'running' });
      }
      return;
    case 'stopping': {
      const target = world.hosts.find((one) => one.slot !== host.slot)?.slot ?? null;
      const released = { ...note, released: true, releasedTo: target, reason: 'admin.switchover' };
      ask(host, 'releasing', { kind: 'release', token, note: released, ended: 'clean' });
      return;
    }
    case 'receiving':
      receive(world, host);
      return;
    case 'releasing':
      host.standDown = STAND_DOWN_STEPS;
      host.wantsHandOver = false;
      return;
    case 'idle':
    case 'resting':
    case 'acquiring':
    case 'ending':
      return;
  }
}

/** libvirt makes the QEMU, paused, if the hook lets it pass. */
function create(world: World, host: Host): void {
  if (isOpen(world, host, false) && host.guest === null) {
    host.guest = { ...blankGuest, pid: world.nextPid };
    world.nextPid += 1;
  }
}

const blankGuest = { paused: true, frozen: false, hung: false, copy: 'none', moved: false } as const;

function isOpen(world: World, host: Host, incoming: boolean): boolean {
  const nowMs = clock(world, host);
  return host.gate.some((one) => one.vm === vm && one.incoming === incoming && nowMs < one.notAfterMs);
}

/** libvirt begins a QEMU that waits for the memory, if the hook lets it pass; once in a step is often enough. */
function receive(world: World, host: Host): void {
  host.stage = 'resting';
  if (isOpen(world, host, true) && host.guest === null) {
    host.guest = { ...blankGuest, pid: world.nextPid, copy: 'partial' };
    world.nextPid += 1;
  }
}
