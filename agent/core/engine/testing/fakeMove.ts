import type { KeeperRequestBody } from '../../../protocol/keeperLink.ts';
import type { HypervisorAction, OperationOutcome } from '../types.ts';
import type { FakeHost } from './fakeHost.ts';

const failed = (code: string, message: string): OperationOutcome => ({
  kind: 'failed',
  failure: { code, message },
  certain: true,
});

/** The target is asked; then the copy is there, paused, until a test lets the move arrive or fail. */
export function migrate(
  host: FakeHost,
  operation: number,
  { vm, to, generation, digest, mebibytesPerSecond }: Extract<HypervisorAction, { kind: 'migrate' }>,
): void {
  const { group } = host;
  group.liveLimits.push(mebibytesPerSecond);
  const target = group.hosts[to];
  const end = (outcome: OperationOutcome): void => {
    host.move = null;
    host.feed({ kind: 'result', nowMs: group.nowMs, operation, outcome });
  };
  const fail = (text: string): void => {
    if (target?.qemus.has(vm) === true) target.change(vm, 'stopped', 'failed');
    target?.command(90, { kind: 'receiveEnd', vm, generation });
    end(failed('vm.live-broke-off', text));
  };
  const arrive = (reason = 'migrated'): void => {
    host.change(vm, 'stopped', reason);
    end({ kind: 'done', value: { kind: 'nothing' } });
  };
  target?.replies.delete(91);
  target?.command(91, { kind: 'receive', vm, from: host.slot, generation, digest });
  group.later(500, () => {
    const answer = target?.replies.get(91);
    if (answer?.kind === 'failure') return end({ kind: 'failed', failure: answer.failure, certain: true });
    if (answer?.kind !== 'text') return end(failed('test.silent', 'no answer'));
    target?.change(vm, 'paused', 'migration');
    host.move = { arrive, fail };
  });
}

/** What a keeper does for the target; false: it refuses. */
export function keepIncoming(
  host: FakeHost,
  body: Extract<KeeperRequestBody, { kind: 'expectIncoming' | 'endIncoming' }>,
): boolean {
  const token = host.group.token(body.token);
  const isElsewhere = token.value !== null && token.value.holder !== host.slot;
  if (body.kind === 'expectIncoming') {
    return isElsewhere && token.generation === body.generation && token.note?.released !== true;
  }
  // The keeper kills what it does not expect any more.
  const vm = token.value?.vm ?? '';
  if (isElsewhere && host.qemus.has(vm)) host.change(vm, 'stopped', 'failed');
  return true;
}
