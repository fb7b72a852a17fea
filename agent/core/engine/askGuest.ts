import type { Probe } from '../../protocol/health.ts';
import type { Draft } from './state.ts';

/** Asks the guest itself, or has its agent do something. */
export function askGuest(draft: Draft, vm: string, probe: Probe, deadlineMs: number): number {
  const operation = draft.nextOperation++;
  draft.effects.push({ kind: 'probe', operation, vm, probe, deadlineMs });
  return operation;
}
