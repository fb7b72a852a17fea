import { expect, test, vi } from 'vitest';
import type { StoreAccess } from '../keeper/openStoreLane.ts';
import { IdleStore } from './idleStore.ts';

test('the lane is opened for work, kept while there is some, and closed when there is none', async () => {
  vi.useFakeTimers();
  const close = vi.fn<() => void>();
  const open = vi.fn<() => StoreAccess>(() => ({
    read: () => Promise.resolve({ kind: 'late' }),
    write: () => Promise.resolve({ kind: 'written' }),
    close,
  }));
  const store = new IdleStore(open, 1000);
  expect(open).not.toHaveBeenCalled();
  await Promise.all([store.write(1, new Uint8Array(4096), 10), store.read(1, 1, 10)]);
  await vi.advanceTimersByTimeAsync(900);
  await store.read(1, 1, 10);
  await vi.advanceTimersByTimeAsync(900);
  expect(open).toHaveBeenCalledTimes(1);
  expect(close).not.toHaveBeenCalled();
  await vi.advanceTimersByTimeAsync(200);
  expect(close).toHaveBeenCalledTimes(1);
  await store.read(1, 1, 10);
  expect(open).toHaveBeenCalledTimes(2);
  store.close();
  vi.useRealTimers();
});
