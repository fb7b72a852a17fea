import * as z from 'zod/mini';

const amount = z.number().check(z.gte(0));

/** How far a live move is, as the hypervisor of the host that the guest leaves tells it. Bytes are those of memory. */
export const MoveProgress = z.strictObject({
  percent: z.number().check(z.gte(0), z.lte(100)),
  sentBytes: amount,
  leftBytes: amount,
  elapsedMs: amount,
  /** null: the hypervisor does not say. */
  bytesPerSecond: z.nullable(amount),
  /** What the guest writes meanwhile has to be sent again. */
  dirtyBytesPerSecond: z.nullable(amount),
  /** By how much the guest is slowed down, so that its memory can be sent faster than it writes; 0: it is not. */
  slowedPercent: z.number().check(z.gte(0), z.lte(100)),
});
export type MoveProgress = z.infer<typeof MoveProgress>;

const MIB = 1_048_576;
const mib = (bytes: number): string =>
  `${bytes < 10 * MIB ? (bytes / MIB).toFixed(1) : Math.round(bytes / MIB)} MiB`;

/** "42 %, 310 MiB left of its memory, 112 MiB/s; the guest writes 30 MiB/s". */
export function moveProgressText(progress: MoveProgress): string {
  const { percent, leftBytes, bytesPerSecond, dirtyBytesPerSecond, slowedPercent } = progress;
  const rate = bytesPerSecond === null ? '' : `, ${mib(bytesPerSecond)}/s`;
  const dirty = dirtyBytesPerSecond === null ? '' : `; the guest writes ${mib(dirtyBytesPerSecond)}/s`;
  const slowed = slowedPercent === 0 ? '' : `, slowed down by ${Math.round(slowedPercent)} %`;
  return `${Math.floor(percent)} %, ${mib(leftBytes)} of its memory left${rate}${dirty}${slowed}`;
}
