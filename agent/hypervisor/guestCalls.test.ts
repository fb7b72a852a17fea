import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { GuestCalls } from './guestCalls.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** Calls that libvirt answers when it is told to. */
function libvirt() {
  const calls = new GuestCalls();
  const open: (() => void)[] = [];
  const begin = (vm: string): Promise<string> =>
    calls
      .within(vm, 1000, () => new Promise<string>((resolve) => void open.push(() => resolve('well'))))
      .catch((error: unknown) => (error instanceof Error ? error.message : 'no error'));
  return { begin, open };
}

test('a guest that does not answer is asked once, and again only when libvirt has come back', async () => {
  const { begin, open } = libvirt();
  const first = begin('a');
  await vi.advanceTimersByTimeAsync(1000);
  expect(await first).toBe('no answer in time');
  for (let round = 0; round < 50; round += 1) expect(await begin('a')).toBe('no answer in time');
  expect(open).toHaveLength(1);
  open[0]?.();
  await vi.advanceTimersByTimeAsync(0);
  const again = begin('a');
  expect(open).toHaveLength(2);
  open[1]?.();
  expect(await again).toBe('well');
});

test('two calls to one guest at once do not make each other look silent', async () => {
  const { begin, open } = libvirt();
  const both = Promise.all([begin('a'), begin('a')]);
  open.forEach((answer) => answer());
  expect(await both).toEqual(['well', 'well']);
});

test('most of the workers of libvirt stay free, and that says nothing about the guests that are not asked', async () => {
  const { begin, open } = libvirt();
  const hung = Promise.all(Array.from({ length: 8 }, (_, index) => begin(`hung${index}`)));
  await vi.advanceTimersByTimeAsync(1000);
  await hung;
  expect(await begin('b')).toContain('libvirt still waits');
  expect(open).toHaveLength(8);
});
