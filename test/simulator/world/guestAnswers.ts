import type { OperationOutcome } from '../../../agent/core/engine/types.ts';
import type { Probe, ProbeOutcome } from '../../../agent/protocol/health.ts';
import type { Answer, Daemon } from './daemon.ts';
import type { Guests, Qemu } from './guests.ts';
import type { Host } from './host.ts';

const MOST_ANSWER_MS = 20;
const RESTART_APP_MS = 500;

interface Around {
  readonly host: Host;
  readonly daemon: Daemon;
  readonly guests: Guests;
}

const probed = (outcome: ProbeOutcome, text: string): OperationOutcome => ({
  kind: 'done',
  value: { kind: 'probed', answer: { outcome, text } },
});

/** A guest that hangs, boots or stands still says nothing, until the deadline. */
export function probeGuest(
  { host, daemon, guests }: Around,
  qemu: Qemu | null,
  probe: Probe,
  deadlineMs: number,
  answer: Answer,
): void {
  let isAnswered = false;
  const once: Answer = (outcome) => {
    if (!isAnswered) answer(outcome);
    isAnswered = true;
  };
  host.later(deadlineMs, () => once(probed('silent', 'no answer in time')));
  const ask = (): void => {
    if (qemu === null || qemu.guest !== 'up' || !guests.canRun(qemu)) return;
    if (probe.kind === 'agent') return once(probed('well', 'the guest agent answers'));
    if (probe.kind === 'heartbeat') {
      return once(
        qemu.appFailed ? probed('failed', 'the guest says: it') : probed('well', 'the guest beats'),
      );
    }
    if (probe.kind === 'exec') {
      host.later(RESTART_APP_MS, () => {
        if (qemu.guest !== 'up' || !guests.canRun(qemu)) return;
        if (probe.args.includes('restart')) guests.setApp(qemu, false);
        once(
          probed(
            qemu.appFailed ? 'failed' : 'well',
            `${probe.path} ended with status ${Number(qemu.appFailed)}`,
          ),
        );
      });
      return;
    }
    once(qemu.appFailed ? probed('failed', 'refused') : probed('well', 'it was accepted'));
  };
  const isOfAgent = probe.kind === 'agent' || probe.kind === 'exec';
  if (isOfAgent) daemon.call(deadlineMs, () => undefined, ask);
  else host.later(host.random.next() * MOST_ANSWER_MS, ask);
}

/** A guest that hangs does nothing; every other one does something all the time. */
export function countersOf(host: Host, qemu: Qemu | null): OperationOutcome {
  const moves = qemu !== null && qemu.guest !== 'hung';
  return { kind: 'done', value: { kind: 'counters', disk: moves ? Math.round(host.nowMs) : 0, network: 0 } };
}
