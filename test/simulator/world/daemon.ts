import type { OperationOutcome } from '../../../agent/core/engine/types.ts';
import type { Host } from './host.ts';

export type Answer = (outcome: OperationOutcome) => void;

export const done: OperationOutcome = { kind: 'done', value: { kind: 'nothing' } };
export const failure = (code: string, message: string, certain: boolean): OperationOutcome => ({
  kind: 'failed',
  failure: { code, message },
  certain,
});

/** A daemon's process and its clients' requests: it may stop, be started, hang and go on at any point of them. */
export class Daemon {
  readonly #host: Host;
  state: 'running' | 'stopped' | 'hung' = 'running';
  /** Counts its starts: what an earlier process was doing, this one knows nothing of. */
  run = 0;
  /** What a hung daemon has taken and not looked at. */
  #queued: (() => void)[] = [];
  readonly #pending = new Set<Answer>();

  constructor(host: Host) {
    this.#host = host;
  }

  boot(): void {
    this.run += 1;
    this.state = 'running';
    this.#queued = [];
    this.#pending.clear();
  }

  stop(): void {
    this.run += 1;
    this.state = 'stopped';
    this.#queued = [];
    for (const answer of this.#pending)
      answer(failure('hypervisor.no-answer', 'the connection was closed', false));
    this.#pending.clear();
  }

  /** Goes on, or is started anew; what it had taken while it hung is done now. */
  start(): void {
    this.state = 'running';
    const queued = this.#queued;
    this.#queued = [];
    for (const act of queued) act();
  }

  /** A client's request: answered once, by the deadline at the latest. */
  call(deadlineMs: number, answer: Answer, act: (once: Answer) => void): void {
    if (this.state === 'stopped') {
      this.#host.later(1, () =>
        answer(failure('hypervisor.no-answer', 'nobody listens on the socket', true)),
      );
      return;
    }
    const once: Answer = (outcome) => {
      if (this.#pending.delete(once)) answer(outcome);
    };
    this.#pending.add(once);
    this.#host.later(deadlineMs, () => once(failure('hypervisor.no-answer', 'no answer in time', false)));
    const { run } = this;
    this.later(1 + this.#host.random.next() * 3, () => {
      if (this.run === run) act(once);
    });
  }

  /** Something on the host that it hears of a moment later; a hung one when it goes on; a stopped one never. */
  hears(act: () => void): void {
    if (!this.#host.isUp) return;
    const { run } = this;
    this.later(1 + this.#host.random.next() * 15, () => {
      if (this.run === run && this.state !== 'stopped') act();
    });
  }

  /** What is under way goes on when a hung daemon does; what a stopped one had begun may come about all the same. */
  later(delayMs: number, act: () => void): void {
    const go = (): void => {
      if (this.state === 'hung') this.#queued.push(go);
      else act();
    };
    this.#host.later(delayMs, go);
  }
}
