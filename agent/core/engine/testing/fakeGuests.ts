import type { Probe, ProbeOutcome } from '../../../protocol/health.ts';
import type { OperationOutcome } from '../types.ts';

/** What the guests of a fake host answer, all the same. */
export class FakeGuests {
  /** What each kind of probe brings; `never`: no answer comes at all. */
  readonly answers = new Map<Probe['kind'], ProbeOutcome | 'never'>();
  /** Programs that were run in a guest, by their path. */
  readonly ran: string[] = [];
  /** They say with their next answer that they are away for so long. */
  saysAwayMs: number | null = null;
  /** Their disks work on, whatever their agents say. */
  isBusy = false;

  probe(probe: Probe): OperationOutcome | null {
    const { kind } = probe;
    if (probe.kind === 'exec') this.ran.push(probe.path);
    const outcome = this.answers.get(kind) ?? 'well';
    if (outcome === 'never') return null;
    const answer = { outcome, text: `${kind} is ${outcome}` };
    const awayMs = this.saysAwayMs;
    this.saysAwayMs = null;
    return {
      kind: 'done',
      value: { kind: 'probed', answer: awayMs === null ? answer : { ...answer, awayMs } },
    };
  }

  counters(nowMs: number): OperationOutcome {
    return { kind: 'done', value: { kind: 'counters', disk: this.isBusy ? nowMs : 0, network: 0 } };
  }
}
