import type { Qemu, Vm } from './guests.ts';

/** What the world hears of its guests. */
export interface GuestEvents {
  /** It can change its disk from this instant on. */
  readonly runs: (qemu: Qemu) => void;
  /** Whether it can has changed, one way or the other. */
  readonly changed: (vm: Vm) => void;
  readonly landed: (qemu: Qemu) => void;
  readonly booted: (qemu: Qemu) => void;
  readonly ioError: (qemu: Qemu) => void;
  readonly gone: (qemu: Qemu) => void;
  /** A copy runs its first instruction. */
  readonly copyRuns: (qemu: Qemu) => void;
}
