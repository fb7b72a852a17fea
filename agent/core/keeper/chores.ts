import { giveUp, isLostForGood } from './claims.ts';
import { isReceived } from './incoming.ts';
import { beginOperation } from './operate.ts';
import { MAX_OPERATIONS, tokenKey } from './operations.ts';
import { configOperation, noteOf, tokenOperation } from './requests.ts';
import { agentAbsent, burntGeneration, leaseValid, mayRun, mine } from './rights.ts';
import { STOP_PATIENCE_MS, beginStop, quietVm } from './scan.ts';
import { droppedTokens } from './learn.ts';
import type { Held, Operation, State, Turn } from './state.ts';
import { tell } from './turn.ts';

/** What the keeper does without being asked, one thing at a time, and not again at once when it failed. */

const PAUSE_MS = 1000;

export function runChores(turn: Turn): void {
  const { s, nowMs } = turn;
  if (nowMs < s.choresAfterMs || s.operations.size >= MAX_OPERATIONS) {
    return;
  }
  const operation = nextChore(turn);
  if (operation !== null && !s.operations.has(operation.key)) {
    s.choresAfterMs = nowMs + PAUSE_MS / MAX_OPERATIONS;
    beginOperation(turn, operation);
    if (!s.operations.has(operation.key)) {
      s.choresAfterMs = nowMs + PAUSE_MS;
    }
  }
}

function nextChore(turn: Turn): Operation | null {
  const { s, nowMs } = turn;
  const free = (key: string) => !s.operations.has(key);
  if (s.phase === 'joining' && !s.epochReserved) {
    return free('config') ? configOperation(turn, 'epoch', null, null) : null;
  }
  if (!leaseValid(s, nowMs)) {
    return null;
  }
  if (s.leave !== null) {
    // What was unprotected a moment ago would keep this host from ever being empty.
    return s.leave.closed || !mayRun(s, nowMs) ? null : giveBack(turn);
  }
  // Before the tokens: as long as the store shows an older configuration, each read of it asks for them anew.
  const lost = s.configRead !== null && (s.configRead.decided?.generation ?? 0) < (s.config?.generation ?? 0);
  if (lost && mayRun(s, nowMs) && free('config')) {
    return configOperation(turn, 'reassert', null, null);
  }
  const again = [...s.reassert].find((token) => free(tokenKey(token)) && mine(s, token) !== null);
  if (again !== undefined && isLostForGood(s, again, nowMs)) {
    giveUp(turn, again);
    const note = { ...noteOf(s, again, 'store.regressed'), released: true };
    return tokenOperation(turn, 'release', null, { token: again, note });
  }
  if (again !== undefined) {
    return tokenOperation(turn, 'reassert', null, { token: again, note: noteOf(s, again, null) });
  }
  if (!mayRun(s, nowMs)) {
    return null;
  }
  const give = giveBack(turn);
  if (give !== null) {
    return give;
  }
  const left = abandoned(s, nowMs).find((held) => free(tokenKey(held.token)));
  return left === undefined
    ? null
    : tokenOperation(turn, 'release', null, {
        token: left.token,
        note: noteOf(s, left.token, 'keeper.agent-absent'),
      });
}

/** The release of a token that is owed to the others, or whose VM is protected no longer. */
function giveBack(turn: Turn): Operation | null {
  const { s } = turn;
  const give = [...owedReleases(s), ...droppedTokens(s)].find(
    (held) => !s.operations.has(tokenKey(held.token)),
  );
  if (give === undefined) {
    return null;
  }
  const owed = give.generation <= burntGeneration(s, give.token);
  const note = noteOf(s, give.token, owed ? null : 'vm.unprotected');
  return tokenOperation(turn, 'release', null, { token: give.token, note });
}

/** Burnt for a release whose note has not reached the store yet: nobody can have the token until it does. */
function owedReleases(s: State): readonly Held[] {
  return [...s.held.values()].filter(
    (held) => !held.claim && held.generation <= burntGeneration(s, held.token),
  );
}

/**
 * A guest whose agent went away between its creation, or its arrival in a live switchover, and the yes that lets it run: it
 * is paused, has run nothing here, and nobody will wake it. It is ended, so that its token can be given up.
 */
export function endLostStarts(turn: Turn): void {
  const { s, nowMs } = turn;
  if (!agentAbsent(s, nowMs) || !mayRun(s, nowMs)) {
    return;
  }
  const arrived = [...s.incoming.keys()].filter((token) => isReceived(s, token));
  for (const token of new Set([...s.pendingStarts.keys(), ...arrived])) {
    const held = mine(s, token);
    const isHere = s.scan?.processes.some((process) => process.vm === held?.vm) === true;
    if (held !== null && isHere && !s.continued.has(token) && !s.stops.has(held.vm)) {
      tell(turn, 'vm.lost-start-ended', { vm: held.vm });
      beginStop(turn, held.vm, nowMs + STOP_PATIENCE_MS);
    }
  }
}

/** VMs that should run, do not, and have no agent that would start them again. */
function abandoned(s: State, nowMs: number): readonly Held[] {
  if (!agentAbsent(s, nowMs)) {
    return [];
  }
  return [...s.held.values()].filter(
    (held) => mine(s, held.token) !== null && held.note?.desired === 'running' && quietVm(s, held.vm, 0),
  );
}
