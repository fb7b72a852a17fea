import { quietAfterBootMs } from '../timing.ts';
import { endLostStarts, runChores } from './chores.ts';
import { joinAnew, onRenewal, renewWhenDue, runCycle } from './cycle.ts';
import { pet, refreshGate } from './gate.ts';
import { challenge, finishThaw, keepFrozen, thawAgain } from './hold.ts';
import { endOldIncoming } from './incoming.ts';
import { becomePassive, checkRights, confirmStopped } from './lapse.ts';
import { learnConfigs, learnToken, notInGroup } from './learn.ts';
import { namesHost } from './membership.ts';
import { onLeaseRead, ownSlotWatched } from './leaseRead.ts';
import { afterLeases, onOperationIo, tickOperations } from './operate.ts';
import { endRegression } from './regression.ts';
import { continueLeave } from './leave.ts';
import { answerStops, onRequest, startRequests } from './requests.ts';
import { applyScan, quiet, stopStrays } from './scan.ts';
import { noteGap } from './settle.ts';
import { type Flight, type KeeperState, type State, type Turn, without } from './state.ts';
import { queueAllTokens, runSweep, sweepFailed } from './sweep.ts';
import { tell } from './turn.ts';
import type { IoOutcome, KeeperEffect, KeeperInput, Scan } from './types.ts';
import { sendView } from './view.ts';

export { startKeeper } from './start.ts';
export type { KeeperState } from './state.ts';

/**
 * The keeper's machine. The state passed in stays as it is; effects are to be carried out in their order before the
 * next input. Every call first asks whether the right to run has ended meanwhile (rule 23).
 */
export function step(
  state: KeeperState,
  input: KeeperInput,
): { readonly state: KeeperState; readonly effects: readonly KeeperEffect[] } {
  const turn: Turn = { s: { ...state }, nowMs: input.nowMs, effects: [] };
  noteGap(turn);
  checkRights(turn);
  takeInput(turn, input);
  finishThaw(turn);
  startRequests(turn);
  runChores(turn);
  runSweep(turn);
  renewWhenDue(turn);
  answerStops(turn);
  refreshGate(turn);
  if (input.kind === 'tick') {
    pet(turn);
  }
  sendView(turn);
  return { state: turn.s, effects: turn.effects };
}

function takeInput(turn: Turn, input: KeeperInput): void {
  const { s } = turn;
  switch (input.kind) {
    case 'tick':
      onTick(turn, input.scan);
      return;
    case 'io':
      onIo(turn, input.id, input.outcome);
      return;
    case 'watchdog':
      if (input.state !== s.watchdog.state) {
        tell(turn, 'watchdog.state', { state: input.state, timeoutMs: input.timeoutMs, why: input.why });
      }
      s.watchdog = { state: input.state, timeoutMs: input.timeoutMs, why: input.why };
      s.viewDirty = true;
      return;
    case 'request':
      onRequest(turn, input.request);
      return;
    case 'agent':
      s.agentAbsentSinceMs = input.connected ? null : (s.agentAbsentSinceMs ?? input.nowMs);
      s.viewDirty ||= input.connected;
      return;
  }
}

function onTick(turn: Turn, scan: Scan | null): void {
  const { s, nowMs } = turn;
  if (s.lastTickMs !== null && nowMs - s.lastTickMs > s.timing.tickMs) {
    tell(turn, 'keeper.tick-late', { lateMs: Math.round(nowMs - s.lastTickMs) });
  }
  s.lastTickMs = nowMs;
  if (scan !== null) {
    applyScan(turn, scan);
    endOldIncoming(turn);
    if (s.phase === 'waiting' || s.phase === 'joining' || s.phase === 'alive' || s.phase === 'drained') {
      stopStrays(turn);
    }
    keepFrozen(turn);
    thawAgain(turn);
    endLostStarts(turn);
  }
  confirmStopped(turn);
  continueLeave(turn);
  endRegression(turn);
  if (s.phase === 'waiting') {
    endWaiting(turn);
  }
  runCycle(turn);
  challenge(turn);
  tellDrained(turn);
  tickOperations(turn);
}

/** Rule 5: after a boot nothing is written before d has passed and the own slot was watched; then a new epoch. */
function endWaiting(turn: Turn): void {
  const { s, nowMs } = turn;
  if (
    nowMs < quietAfterBootMs(s.timing) ||
    !ownSlotWatched(s) ||
    s.config === null ||
    s.configRead === null
  ) {
    return;
  }
  if (!namesHost(s.config, s.self.slot, s.self.hardwareId)) {
    becomePassive(turn, notInGroup());
    return;
  }
  if (s.config.vms.every((entry) => s.tokens.has(entry.token)) && quiet(s, nowMs, 0)) {
    joinAnew(turn);
  }
}

/** An authenticated word that shortens the others' wait, once a period until the new epoch is alive. */
function tellDrained(turn: Turn): void {
  const { s, nowMs } = turn;
  if ((s.phase !== 'drained' && s.phase !== 'joining') || s.drainedEpoch === 0 || nowMs < s.nextChallengeMs) {
    return;
  }
  s.nextChallengeMs = nowMs + s.timing.renewEveryMs;
  const message = { kind: 'drained', epoch: s.drainedEpoch, hardwareId: s.self.hardwareId } as const;
  for (const { slot } of s.config?.hosts ?? []) {
    if (slot !== s.self.slot) {
      turn.effects.push({ kind: 'send', line: { kind: 'toPeer', to: slot, message } });
    }
  }
}

function onIo(turn: Turn, id: number, outcome: IoOutcome): void {
  const { s } = turn;
  const flight = s.flights.get(id);
  const returned = outcome.kind !== 'late';
  const write = s.unreturned.find((entry) => entry.id === id);
  if (write !== undefined && returned) {
    s.unreturned = s.unreturned.filter((entry) => entry !== write);
  }
  if (flight === undefined) {
    if (write?.class === 'exclusive' && returned) {
      afterLateWrite(s);
    } else if (write !== undefined && returned) {
      // A renewal of an earlier keeper: nothing is known of what shows on the store until the next own one.
      s.leaseMark = { seq: 0, atMs: turn.nowMs };
    }
    return;
  }
  if (returned || flight.kind !== 'renewal') {
    s.flights = without(s.flights, id);
  }
  onFlight(turn, id, flight, outcome);
}

/** A write of an operation that was given up has come back: its block may be written again, others should look. */
function afterLateWrite(s: State): void {
  s.tokensHint += 1;
  s.configHint += 1;
  s.configReadWanted = true;
  queueAllTokens(s);
}

function onFlight(turn: Turn, id: number, flight: Flight, outcome: IoOutcome): void {
  const { s } = turn;
  switch (flight.kind) {
    case 'renewal':
      onRenewal(turn, flight, outcome);
      return;
    case 'leaseRead':
      onLeaseRead(turn, flight.startedMs, outcome);
      if (outcome.kind === 'read' && s.header.failure === null) {
        afterLeases(turn, id);
      }
      return;
    case 'sweep':
      if (outcome.kind === 'read') {
        learnToken(turn, outcome.data, flight.token, flight.startedMs);
      } else {
        sweepFailed(turn, flight.token);
      }
      return;
    case 'configRead':
      if (outcome.kind === 'read') {
        learnConfigs(turn, outcome.data, flight.startedMs);
      } else {
        sweepFailed(turn, null);
      }
      return;
    case 'operation':
      onOperationIo(turn, flight.key, flight.startedMs, outcome);
      return;
  }
}
