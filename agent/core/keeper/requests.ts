import type { KeeperRequest } from '../../protocol/keeperLink.ts';
import type { HolderNote } from '../../protocol/store.ts';
import { mayAcquire } from './acquire.ts';
import { fromPeer } from './hold.ts';
import { endIncoming, expectIncoming, isOldCopy, isReceived, noteContinued } from './incoming.ts';
import { beginLeave, leaving } from './leave.ts';
import { beginOperation } from './operate.ts';
import { MAX_OPERATIONS, MAX_WAITING_REQUESTS, tokenKey } from './operations.ts';
import { mayRun, mine } from './rights.ts';
import { STOP_PATIENCE_MS, beginStop } from './scan.ts';
import { settling } from './settle.ts';
import {
  type ConfigOperation,
  type State,
  type TokenOperation,
  type Turn,
  withEntry,
  without,
} from './state.ts';
import { failed, refuse, reply, save } from './turn.ts';

/** What the agent asks. Answers that need no I/O are given at once, from the state as it is now (rule 23). */

type Body = KeeperRequest['body'];
type TokenBody = Extract<Body, { kind: 'acquire' | 'note' | 'release' }>;

export function onRequest(turn: Turn, request: KeeperRequest): void {
  const { id, body } = request;
  switch (body.kind) {
    case 'hello':
      turn.s.viewDirty = true;
      reply(turn, id, null);
      return;
    case 'fromPeer':
      fromPeer(turn, body.from, body.message);
      return;
    case 'acquire':
    case 'note':
    case 'release':
    case 'proposeConfig':
      enqueue(turn, request);
      return;
    case 'beginStart':
      beginStart(turn, id, body.token, body.generation);
      return;
    case 'expectIncoming':
      expectIncoming(turn, id, body);
      return;
    case 'endIncoming':
      endIncoming(turn, body.token);
      reply(turn, id, null);
      return;
    case 'stop':
      stopVm(turn, id, body.token, body.generation);
      return;
    case 'mayContinue':
      mayContinue(turn, id, body.token, body.generation);
      return;
    case 'endStart':
      turn.s.pendingStarts = without(turn.s.pendingStarts, body.token);
      turn.s.viewDirty = true;
      save(turn);
      reply(turn, id, null);
      return;
    case 'leave':
      beginLeave(turn, id);
      return;
  }
}

function enqueue(turn: Turn, request: KeeperRequest): void {
  const { s } = turn;
  if (s.requests.length >= MAX_WAITING_REQUESTS) {
    refuse(
      turn,
      request.id,
      failed('keeper.busy', 'Too many requests wait for the store; try again in a moment.'),
    );
    return;
  }
  s.requests = [...s.requests, request];
}

/** Starts waiting requests whose token has nothing under way, the oldest first. */
export function startRequests(turn: Turn): void {
  const { s } = turn;
  for (const request of s.requests) {
    const operation = s.operations.size < MAX_OPERATIONS ? operationFor(turn, request) : null;
    if (operation !== null && !s.operations.has(operation.key)) {
      s.requests = s.requests.filter((one) => one !== request);
      start(turn, request, operation);
    }
  }
}

function start(turn: Turn, request: KeeperRequest, operation: TokenOperation | ConfigOperation): void {
  const { s, nowMs } = turn;
  const { kind } = request.body;
  const acquires = kind === 'acquire' || kind === 'proposeConfig';
  const refusal = s.leave !== null ? leaving() : acquires ? mayAcquire(s, nowMs) : null;
  const waits = kind === 'proposeConfig' && refusal?.code === settling().code;
  if (refusal !== null && !waits) {
    refuse(turn, request.id, refusal);
    return;
  }
  if (operation.kind === 'token' && !allowed(turn, request.id, operation)) {
    return;
  }
  beginOperation(turn, operation);
}

function allowed(turn: Turn, id: number, operation: TokenOperation): boolean {
  const { s, nowMs } = turn;
  if (operation.goal === 'acquire') {
    const entry = s.config?.vms.find((candidate) => candidate.token === operation.token);
    if (entry === undefined || !entry.hosts.includes(s.self.slot)) {
      refuse(turn, id, failed('token.not-here', 'This host is not among the hosts that may run the VM.'));
      return false;
    }
    return true;
  }
  if (!mayRun(s, nowMs) || mine(s, operation.token) === null) {
    refuse(turn, id, failed('token.not-held', 'This host does not hold the VM.'));
    return false;
  }
  return true;
}

function operationFor(turn: Turn, request: KeeperRequest): TokenOperation | ConfigOperation | null {
  const { body, id } = request;
  if (body.kind === 'acquire' || body.kind === 'note' || body.kind === 'release') {
    return tokenOperation(turn, body.kind, id, body, body.kind === 'release' ? body.ended : 'unknown');
  }
  return body.kind === 'proposeConfig' ? configOperation(turn, 'propose', id, body.config) : null;
}

export function tokenOperation(
  turn: Turn,
  goal: TokenOperation['goal'],
  requestId: number | null,
  about: Pick<TokenBody, 'token' | 'note'> & { readonly seen?: HolderNote | null | undefined },
  ended: TokenOperation['ended'] = 'unknown',
): TokenOperation {
  return {
    kind: 'token',
    key: tokenKey(about.token),
    goal,
    requestId,
    token: about.token,
    note: goal === 'acquire' || goal === 'note' ? { ...about.note, released: false } : about.note,
    seen: about.seen,
    ended,
    startedMs: turn.nowMs,
    stage: 'read',
    read: null,
    leasesFromId: turn.s.nextId,
    consulted: null,
    proposer: null,
    decided: null,
    byTime: false,
    atLeastMbal: 0,
    attempts: 0,
    retryAtMs: 0,
    writeSeq: 0,
  };
}

export function configOperation(
  turn: Turn,
  goal: ConfigOperation['goal'],
  requestId: number | null,
  config: ConfigOperation['config'],
): ConfigOperation {
  const blank = {
    read: null,
    proposer: null,
    decided: null,
    atLeastMbal: 0,
    attempts: 0,
    retryAtMs: 0,
    writeSeq: 0,
  };
  return {
    kind: 'config',
    key: 'config',
    goal,
    requestId,
    config,
    startedMs: turn.nowMs,
    stage: 'read',
    ...blank,
  };
}

/** What a holder says when it has to write without having been asked. */
export function noteOf(s: State, token: number, reason: string | null): HolderNote {
  const held = s.held.get(token);
  const known = held?.note ?? s.tokens.get(token)?.note ?? null;
  const blank = { desired: 'running', releasedTo: null, notTakeable: false, restarts: 0 } as const;
  const fresh = { ...blank, released: false, failedOn: [], definition: null };
  const { reason: knownReason, ...rest } = known ?? { ...fresh, reason: null };
  return { ...rest, generation: held?.generation ?? 0, reason: reason ?? knownReason };
}

function beginStart(turn: Turn, id: number, token: number, generation: number): void {
  const { s, nowMs } = turn;
  const held = mine(s, token);
  if (
    !mayRun(s, nowMs) ||
    held === null ||
    held.generation !== generation ||
    held.releasing ||
    s.leave !== null
  ) {
    refuse(turn, id, notMine());
    return;
  }
  const running = s.scan?.processes.some((process) => process.vm === held.vm) ?? true;
  if (s.stops.has(held.vm) || (running && !s.pendingStarts.has(token) && !isReceived(s, token))) {
    refuse(turn, id, failed('vm.already-there', 'A QEMU of the VM is still on this host.'));
    return;
  }
  if (!s.pendingStarts.has(token)) {
    s.pendingStarts = withEntry(s.pendingStarts, token, nowMs);
    s.continued = new Set([...s.continued].filter((one) => one !== token));
    save(turn);
    s.viewDirty = true;
  }
  reply(turn, id, generation);
}

function mayContinue(turn: Turn, id: number, token: number, generation: number): void {
  const { s, nowMs } = turn;
  const held = mine(s, token);
  const right = mayRun(s, nowMs) && held !== null && held.generation === generation && !held.releasing;
  if (!right || s.stops.has(held.vm) || isOldCopy(s, token)) {
    refuse(turn, id, notMine());
    return;
  }
  if (s.pendingStarts.has(token) && !s.continued.has(token)) {
    s.continued = new Set([...s.continued, token]);
    save(turn);
  }
  noteContinued(turn, token);
  // From here it may write, and a QEMU that dies between two scans must still be drained.
  const presence = s.presence.get(held.vm) ?? { present: true, stopped: false, goneAtMs: null };
  s.presence = withEntry(s.presence, held.vm, { ...presence, present: true, stopped: false, goneAtMs: null });
  reply(turn, id, generation);
}

function stopVm(turn: Turn, id: number, token: number, generation: number): void {
  const { s, nowMs } = turn;
  const held = mine(s, token);
  if (held === null || held.generation !== generation || s.stopRequests.has(held.vm)) {
    refuse(turn, id, notMine());
    return;
  }
  s.stopRequests = withEntry(s.stopRequests, held.vm, { requestId: id, generation });
  beginStop(turn, held.vm, nowMs + STOP_PATIENCE_MS);
}

/** A stopped VM is gone when no scan begun after the kill sees it. */
export function answerStops(turn: Turn): void {
  const { s } = turn;
  for (const [vm, { requestId, generation }] of s.stopRequests) {
    if (!s.stops.has(vm)) {
      s.stopRequests = without(s.stopRequests, vm);
      reply(turn, requestId, generation);
    }
  }
}

function notMine(): ReturnType<typeof failed> {
  return failed(
    'token.not-held',
    "This host may not run the VM now: its lease or the VM's token is not its own.",
  );
}
