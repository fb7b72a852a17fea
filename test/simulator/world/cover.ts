import type { Activity } from '../../../agent/core/engine/activity.ts';
import type { EngineState } from '../../../agent/core/engine/state.ts';
import type { EngineEffect, EngineInput } from '../../../agent/core/engine/types.ts';
import type { KeeperState } from '../../../agent/core/keeper/step.ts';
import type { KeeperEffect, KeeperInput } from '../../../agent/core/keeper/types.ts';

/** Keys for the states and transitions that a run has reached. */
export class Cover {
  readonly #key: (key: string) => void;

  constructor(key: (key: string) => void) {
    this.#key = key;
  }

  keeper(
    before: KeeperState,
    after: KeeperState,
    input: KeeperInput,
    effects: readonly KeeperEffect[],
  ): void {
    if (before.phase !== after.phase) this.#key(`keeper:${before.phase}>${after.phase}`);
    const what = keeperInputName(input);
    this.#key(`keeper:${after.phase}:${what}`);
    for (const effect of effects) {
      const name = effect.kind === 'send' ? `send ${sentName(effect.line)}` : effect.kind;
      this.#key(`keeper:${what}:${name}`);
    }
    for (const [key, operation] of after.operations) {
      const old = before.operations.get(key);
      const from = old?.goal === operation.goal ? old.stage : 'none';
      if (from !== operation.stage) this.#key(`operation:${operation.goal}:${from}>${operation.stage}`);
    }
    for (const [key, operation] of before.operations) {
      if (!after.operations.has(key)) this.#key(`operation:${operation.goal}:${operation.stage}>end`);
    }
  }

  engine(
    before: EngineState,
    after: EngineState,
    input: EngineInput,
    effects: readonly EngineEffect[],
  ): void {
    this.#key(`engine:input:${input.kind}`);
    for (const effect of effects) if ('operation' in effect) this.#key(`engine:asks:${askedName(effect)}`);
    for (const [vm, { activity }] of after.vms) {
      const old = before.vms.get(vm)?.activity ?? null;
      if (old?.step === activity?.step && old?.kind === activity?.kind) continue;
      const kind = activityName(activity ?? old);
      const isSame = old !== null && activity?.kind === old.kind;
      this.#key(
        `engine:${kind}:${old === null || !(isSame || activity === null) ? 'none' : old.step}>${activity?.step ?? 'end'}`,
      );
    }
  }

  event(code: string): void {
    this.#key(`event:${code}`);
  }
}

function keeperInputName(input: KeeperInput): string {
  switch (input.kind) {
    case 'io':
      return `io ${input.outcome.kind}`;
    case 'request':
      return input.request.body.kind === 'fromPeer'
        ? `fromPeer ${input.request.body.message.kind}`
        : `request ${input.request.body.kind}`;
    case 'tick':
    case 'watchdog':
    case 'agent':
      return input.kind;
  }
}

function sentName(line: Extract<KeeperEffect, { kind: 'send' }>['line']): string {
  switch (line.kind) {
    case 'refused':
      return `refused ${line.failure.code}`;
    case 'toPeer':
      return `toPeer ${line.message.kind}`;
    case 'reply':
    case 'view':
    case 'event':
      return line.kind;
  }
}

function askedName(effect: Extract<EngineEffect, { operation: number }>): string {
  if (effect.kind === 'probe') return `probe ${effect.probe.kind}`;
  return `${effect.kind} ${effect.kind === 'keeper' ? effect.body.kind : effect.action.kind}`;
}

function activityName(activity: Activity | null): string {
  if (activity === null) return 'none';
  return activity.kind === 'start' || activity.kind === 'stop'
    ? `${activity.kind}(${activity.cause})`
    : activity.kind;
}
