import { expect, test } from 'vitest';
import { moveProgress } from './libvirtJob.ts';
import type { DomainJob } from '../node-libvirt/index.ts';

const job = (
  values: Readonly<Record<string, number | bigint | string>>,
  more: Partial<DomainJob> = {},
): DomainJob => ({
  type: 'unbounded',
  elapsedMs: 2500,
  totalBytes: 1000,
  processedBytes: 900,
  remainingBytes: 250,
  downtimeMs: 300,
  iteration: 2,
  values: new Map(Object.entries(values)),
  ...more,
});

test('what libvirt says is told in bytes', () => {
  const values = {
    memory_bps: 5000n,
    memory_dirty_rate: 3n,
    memory_page_size: 16_384n,
    auto_converge_throttle: 20,
  };
  expect(moveProgress(job(values))).toEqual({
    percent: 75,
    sentBytes: 900,
    leftBytes: 250,
    elapsedMs: 2500,
    bytesPerSecond: 5000,
    dirtyBytesPerSecond: 49_152,
    slowedPercent: 20,
  });
});

test('what an older libvirt leaves out, or says wrongly, is not known', () => {
  const nothing = {
    elapsedMs: undefined,
    totalBytes: undefined,
    processedBytes: undefined,
    remainingBytes: undefined,
  };
  expect(moveProgress(job({ memory_bps: 'fast', memory_dirty_rate: -1 }, nothing))).toEqual({
    percent: 0,
    sentBytes: 0,
    leftBytes: 0,
    elapsedMs: 0,
    bytesPerSecond: null,
    dirtyBytesPerSecond: null,
    slowedPercent: 0,
  });
  expect(moveProgress(job({}, { remainingBytes: 5000 })).percent).toBe(0);
});
