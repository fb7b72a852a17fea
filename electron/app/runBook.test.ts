import { expect, test } from 'vitest';
import type { VmStatus } from '../../agent/protocol/control.ts';
import { powerLoss, snapshot } from '../../test/renderer/samples.ts';
import { groupView } from './groupView.ts';
import { RunBook } from './runBook.ts';

const healthy = groupView(snapshot());
const only = (change: (vm: VmStatus) => VmStatus) =>
  groupView(snapshot({ vm: (vm) => (vm.name === 'mail' ? change(vm) : vm) }));
const mail = healthy.vms.find(({ name }) => name === 'mail');
const busy = (step: string) =>
  only((vm) => ({
    ...vm,
    here: 'stopped',
    activity: { kind: 'switchover', step, sinceMs: 9_199_000, to: 0 },
  }));
const arrived = only((vm) => ({ ...vm, holder: 0, generation: 4, here: 'stopped' }));
const onAlpha = {
  ...arrived,
  vms: arrived.vms.map((vm) =>
    vm.name === 'mail' ? { ...vm, place: { kind: 'running' as const, host: 'alpha', forMs: 500 } } : vm,
  ),
};

const toAlpha = { to: 'alpha', isLive: false, expectedPauseMs: null };

test('a switchover goes through its steps and ends where it was to go, with the time away', () => {
  if (mail === undefined) throw new Error('The sample has no mail.');
  const book = new RunBook();
  book.observe(healthy, 0);
  const id = book.begin(healthy.id, mail, toAlpha, 1_000);
  book.observe(healthy, 1_100);
  book.observe(busy('shutdown'), 2_000);
  book.observe(busy('resume'), 5_000);
  book.observe(onAlpha, 8_000);
  const [run] = book.views(9_000);
  expect(run).toMatchObject({ id, state: 'done', from: 'beta', to: 'alpha', elapsedMs: 7_000 });
  expect(run?.steps.map(({ text, tookMs }) => [text, tookMs])).toEqual([
    ['Asking the hosts', 1_000],
    ['Asking the guest to shut down', 3_000],
    ['Letting it run', 3_000],
  ]);
  // Last seen running 240 ms before 1,100; running for 500 ms at 8,000.
  expect(run?.pauseMs).toBe(8_000 - 500 - (1_100 - 240));
});

test('a running guest that moves is not restarted, unless it had to be shut down after all', () => {
  if (mail === undefined) throw new Error('The sample has no mail.');
  const isLiveAfter = (...steps: readonly string[]) => {
    const book = new RunBook();
    book.observe(healthy, 0);
    book.begin(healthy.id, mail, { to: 'alpha', isLive: true, expectedPauseMs: 1_000 }, 100);
    steps.forEach((step, index) => book.observe(busy(step), 1_000 * (index + 1)));
    book.observe(onAlpha, 9_000);
    const [run] = book.views(9_000);
    return [run?.state, run?.isLive, run?.expectedPauseMs];
  };
  expect(isLiveAfter('publish', 'migrate', 'release', 'resume')).toEqual(['done', true, 1_000]);
  expect(isLiveAfter('migrate', 'shutdown', 'create')).toEqual(['done', false, null]);
  expect(isLiveAfter('migrate', 'awaitTaker', 'create')).toEqual(['done', false, null]);
});

test('a live move that another console asked for is seen by its step', () => {
  const book = new RunBook();
  book.observe(healthy, 0);
  book.observe(busy('migrate'), 1_000);
  expect(book.views(1_000)[0]?.isLive).toBe(true);
});

test('a VM that still runs where it was does not end a switchover', () => {
  if (mail === undefined) throw new Error('The sample has no mail.');
  const book = new RunBook();
  book.begin(healthy.id, mail, toAlpha, 0);
  book.observe(healthy, 20_000);
  expect(book.views(20_000)[0]?.state).toBe('under-way');
  book.observe(healthy, 31_000);
  expect(book.views(31_000)[0]).toMatchObject({ state: 'failed', failure: { code: 'run.forgotten' } });
});

test('a refusal ends the run with its reason', () => {
  if (mail === undefined) throw new Error('The sample has no mail.');
  const book = new RunBook();
  const id = book.begin(healthy.id, mail, toAlpha, 0);
  book.fail(id, { code: 'switchover.refused', message: 'alpha is full.' }, 300);
  expect(book.views(900)[0]).toMatchObject({
    state: 'failed',
    elapsedMs: 300,
    failure: { message: 'alpha is full.' },
  });
});

test('a takeover is noticed while it is still waiting, and counts from the last sign of the VM', () => {
  const book = new RunBook();
  book.observe(healthy, 0);
  book.observe(groupView(powerLoss(5_000)), 5_000);
  const takeovers = book.views(6_000);
  expect(takeovers.map(({ kind, vmName, from }) => [kind, vmName, from])).toEqual([
    ['takeover', 'web-shop', 'alpha'],
    ['takeover', 'files', 'alpha'],
  ]);
  expect(takeovers[0]?.elapsedMs).toBe(6_240);
});

test('runs are forgotten with their group, and the book never grows beyond its bound', () => {
  if (mail === undefined) throw new Error('The sample has no mail.');
  const book = new RunBook();
  for (let at = 0; at < 100; at += 1)
    book.fail(book.begin(healthy.id, mail, toAlpha, at), { code: 'a.b', message: 'No.' }, at);
  book.observe(healthy, 100);
  expect(book.views(100).length).toBe(24);
  book.forget(healthy.id);
  expect(book.views(100)).toEqual([]);
});
