import type { Failure } from '../../protocol/failure.ts';
import { type Operation, type Turn, withEntry, without } from './state.ts';
import { refuse } from './turn.ts';

/** What the agent asked for and takes more than one step. One at a time for each token, and one for the configuration. */

/** Each waits for the store; more at once would only queue in store-io. */
export const MAX_OPERATIONS = 8;
/** Requests that wait for their turn: every token twice. Beyond it the agent is told to come again. */
export const MAX_WAITING_REQUESTS = 128;

export function tokenKey(token: number): string {
  return `token ${token}`;
}

export function keepOperation(turn: Turn, operation: Operation): void {
  turn.s.operations = withEntry(turn.s.operations, operation.key, operation);
}

/** Ends an operation without success. What it wrote may still be decided: `held` keeps the claim. */
export function failOperation(turn: Turn, operation: Operation, failure: Failure): void {
  const { s } = turn;
  s.operations = without(s.operations, operation.key);
  // What it still has on its way must not be taken for the next operation's; a write stays in `unreturned`.
  s.flights = new Map(
    [...s.flights].filter(([, flight]) => flight.kind !== 'operation' || flight.key !== operation.key),
  );
  s.viewDirty = true;
  if (operation.kind === 'token' && operation.goal === 'release') {
    const held = s.held.get(operation.token);
    if (held !== undefined && held.generation > (s.burntGenerations.get(operation.token) ?? 0)) {
      s.held = withEntry(s.held, operation.token, { ...held, releasing: false });
    }
  }
  refuse(turn, operation.requestId, failure);
}

export function failOperations(turn: Turn, failure: Failure): void {
  for (const operation of turn.s.operations.values()) {
    failOperation(turn, operation, failure);
  }
  for (const request of turn.s.requests) {
    refuse(turn, request.id, failure);
  }
  turn.s.requests = [];
}

/** Whatever rests on the evidence that T has passed. */
export function failAcquires(turn: Turn, failure: Failure): void {
  for (const operation of turn.s.operations.values()) {
    if (operation.kind === 'token' && operation.goal === 'acquire') {
      failOperation(turn, operation, failure);
    }
  }
}
