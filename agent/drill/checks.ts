import type { DrillCheck } from '../protocol/drill.ts';
import { type Failure } from '../protocol/failure.ts';
import { parseProbe, type Probe } from '../protocol/health.ts';
import type { VmPolicy } from '../protocol/group.ts';

/** A guest that nobody can ask is looked at for so long: a slow one is at its log-in screen by then. */
const RUN_ALONE_MS = 180_000;
/** A guest that can be asked has so long to become well. */
const WELL_WITHIN_MS = 600_000;

/** What a drill has seen of the copy so far. */
export interface Seen {
  readonly checks: readonly DrillCheck[];
  /** Since the order to start it, ms. */
  readonly ranMs: number;
}

export type Verdict =
  | { readonly result: 'passed' | 'ran'; readonly because: null }
  | { readonly result: 'failed'; readonly because: Failure };

export interface Question {
  readonly text: string;
  /** Null: it goes over the network, which the copy has not. */
  readonly probe: Probe | null;
}

/** What is asked of the copy: its guest agent, and what of the VM's own looks needs no network. */
export function questionsFor(policy: VmPolicy): readonly Question[] {
  const own = [policy.health?.fast?.probe, policy.health?.deep?.probe].filter((text) => text !== undefined);
  const asked = own
    .filter((text) => text !== 'agent')
    .map((text) => {
      const probe = parseProbe(text);
      return { text, probe: probe?.kind === 'exec' || probe?.kind === 'heartbeat' ? probe : null };
    });
  return [{ text: 'agent', probe: { kind: 'agent' } }, ...asked];
}

/** Whether the policy says that something inside the guest answers. */
export function mustAnswer(policy: VmPolicy): boolean {
  return [policy.health?.fast?.probe, policy.health?.deep?.probe].some(
    (text) => text === 'agent' || text === 'heartbeat' || text?.startsWith('exec:') === true,
  );
}

/** Null: go on looking. */
export function verdictOf({ checks, ranMs }: Seen, answers: boolean): Verdict | null {
  const asked = checks.filter((one) => one.outcome !== 'not-asked');
  if (asked.length > 0 && asked.every((one) => one.outcome === 'well'))
    return { result: 'passed', because: null };
  const wasHeard = asked.some((one) => one.outcome === 'well' || one.outcome === 'failed');
  if (!answers && !wasHeard) return ranMs < RUN_ALONE_MS ? null : { result: 'ran', because: null };
  if (ranMs < WELL_WITHIN_MS) return null;
  const bad = asked.find((one) => one.outcome !== 'well');
  return {
    result: 'failed',
    because: {
      code: 'drill.not-well',
      message:
        `The copy ran for ${Math.round(ranMs / 60_000)} minutes and is not well: ${bad?.probe ?? 'agent'}: ${bad?.text ?? 'no answer'}.`.slice(
          0,
          500,
        ),
      fix: 'Look at the picture; try the same on the VM itself.',
    },
  };
}
