import { tokenContext } from '../../../../agent/core/keeper/acquire.ts';
import { mayRun, mine } from '../../../../agent/core/keeper/rights.ts';
import type { KeeperState } from '../../../../agent/core/keeper/step.ts';
import { evaluateToken } from '../../../../agent/core/token.ts';
import type { KeeperLine, KeeperRequestBody } from '../../../../agent/protocol/keeperLink.ts';
import type { HolderNote } from '../../../../agent/protocol/store.ts';
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
  if (guest !== null && guest.paused) {
    if (held !== null) {
      ask(host, 'continuing', { kind: 'mayContinue', token, generation: held.generation });
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
        host.guest = { ...host.guest, paused: false };
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
  const open = host.gate.some((entry) => entry.vm === vm && clock(world, host) < entry.notAfterMs);
  if (open && host.guest === null) {
    host.guest = { pid: world.nextPid, paused: true, frozen: false, hung: false };
    world.nextPid += 1;
  }
}
