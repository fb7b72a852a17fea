import type { DomainJob } from '../node-libvirt/index.ts';
import type { MoveProgress } from '../protocol/moveProgress.ts';

/** What QEMU calls a page where libvirt does not say how large it is: that of x86 and most of arm64. */
const PAGE_BYTES = 4096;

/** libvirt's figures of a migration. Its names are those of `virDomainGetJobStats`; older versions have fewer. */
export function moveProgress({
  elapsedMs,
  totalBytes,
  processedBytes,
  remainingBytes,
  values,
}: DomainJob): MoveProgress {
  const figure = (name: string): number | null => {
    const value = values.get(name);
    const number = typeof value === 'bigint' ? Number(value) : value;
    return typeof number === 'number' && Number.isFinite(number) && number >= 0 ? number : null;
  };
  const total = Math.max(0, totalBytes ?? 0);
  const left = Math.max(0, remainingBytes ?? 0);
  // Until the first look at the memory nothing is known, which is not that nothing is left.
  const percent = total === 0 ? 0 : Math.min(100, Math.max(0, (100 * (total - left)) / total));
  const dirtyPages = figure('memory_dirty_rate');
  return {
    percent,
    sentBytes: Math.max(0, processedBytes ?? 0),
    leftBytes: left,
    elapsedMs: Math.max(0, elapsedMs ?? 0),
    bytesPerSecond: figure('memory_bps'),
    dirtyBytesPerSecond: dirtyPages === null ? null : dirtyPages * (figure('memory_page_size') ?? PAGE_BYTES),
    slowedPercent: Math.min(100, figure('auto_converge_throttle') ?? 0),
  };
}
