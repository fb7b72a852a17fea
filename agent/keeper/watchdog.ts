import { write } from 'node:fs';
import type { WatchdogState } from '../protocol/timing.ts';
import type { BootClock } from './bootClock.ts';
import type { Log } from './stderrLog.ts';
import { readAttributes, type WatchdogAttributes } from './watchdogAttributes.ts';
import { watchdogSeconds } from './watchdogPlan.ts';

export interface WatchdogReading {
  readonly state: WatchdogState;
  readonly timeoutMs: number | null;
  /** Why it is not armed; null when it is. */
  readonly why: string | null;
}

/** What makes a host reset itself when its keeper stops. Nothing here waits. */
export interface Watchdog {
  /** Calls `changed` with the first reading and with each that differs from the one before. */
  start(changed: (reading: WatchdogReading) => void): void;
  /** Pets unless the boot clock has reached `notAfterMs`. */
  pet(notAfterMs: number): void;
  /** W has changed. False: it must be closed and opened anew for that. */
  useTimeout(watchdogMs: number): boolean;
  /** Magic close: from here on it may be closed without a reset. Resolves when it is told, or could not be. */
  disarm(): Promise<void>;
  /** A call to the device has not come back. */
  readonly stuck: boolean;
}

/** What the wrapper found out while it opened the device. */
export interface OpenedDevice {
  /** null: it was not opened, `why` says why not. */
  readonly fd: number | null;
  readonly why: string | null;
  /** Seconds that were asked for. */
  readonly seconds: number;
  /** What `wdctl` printed after it had set them. */
  readonly report: string;
  /** Directory of kernel attributes; null: only the report can be read back. */
  readonly attributes: string | null;
}

const READ_BACK_EVERY_MS = 5000;
/** A pet that has not come back after this long is reported: the device does not answer. */
const PET_STUCK_MS = 2000;
const SOFTWARE_IDENTITY = /^software watchdog/i;

/** Whether the host will surely be reset when the pets stop. Everything that is not certain is "not armed". */
export function judgeWatchdog(device: OpenedDevice, read: WatchdogAttributes): WatchdogReading {
  const none = (why: string): WatchdogReading => ({ state: 'none', timeoutMs: null, why });
  if (device.fd === null) return none(device.why ?? 'no watchdog device is configured');
  if (read.timeoutSeconds === null) return none('its timeout can not be read back');
  if (!(read.timeoutSeconds >= 1 && read.timeoutSeconds <= device.seconds)) {
    return none(`it keeps a timeout of ${read.timeoutSeconds} s where ${device.seconds} s are needed`);
  }
  if (read.state !== null && read.state !== 'active') return none(`the kernel says that it is ${read.state}`);
  if (!read.keepsRunning)
    return none('it would stop when its descriptor is closed: neither magic close nor nowayout');
  const software = SOFTWARE_IDENTITY.test(read.identity ?? '');
  return {
    state: software ? 'software' : 'armed',
    timeoutMs: read.timeoutSeconds * 1000,
    why: software ? 'it is only the software watchdog of the kernel' : null,
  };
}

/** A watchdog device of the kernel, opened by the wrapper and inherited. */
export class DeviceWatchdog implements Watchdog {
  readonly #device: OpenedDevice;
  readonly #clock: BootClock;
  readonly #log: Log;
  #changed: (reading: WatchdogReading) => void = () => undefined;
  #last = '';
  #petSinceMs: number | null = null;
  #petFailed: string | null = null;
  #readBackAtMs = Number.NEGATIVE_INFINITY;

  constructor(device: OpenedDevice, clock: BootClock, log: Log) {
    this.#device = device;
    this.#clock = clock;
    this.#log = log;
  }

  get stuck(): boolean {
    return this.#petSinceMs !== null;
  }

  start(changed: (reading: WatchdogReading) => void): void {
    this.#changed = changed;
    this.#readBack(this.#clock());
  }

  pet(notAfterMs: number): void {
    const now = this.#clock();
    if (now - this.#readBackAtMs >= READ_BACK_EVERY_MS) this.#readBack(now);
    const fd = this.#device.fd;
    if (fd === null) return;
    if (this.#petSinceMs !== null) {
      if (now - this.#petSinceMs > PET_STUCK_MS) this.#fail('a pet does not come back');
      return;
    }
    if (now >= notAfterMs) return;
    this.#petSinceMs = now;
    write(fd, '.', (error) => {
      this.#petSinceMs = null;
      // This process was stalled between the look at the clock and the write. It can't be undone, only be known: the
      // host is reset later than others may count on.
      if (this.#clock() > notAfterMs)
        this.#log('keeper.pet-late', { byMs: Math.round(this.#clock() - notAfterMs) });
      if (error !== null) this.#fail(`a pet failed: ${error.message}`);
      else if (this.#petFailed !== null) {
        this.#petFailed = null;
        this.#readBack(this.#clock());
      }
    });
  }

  useTimeout(watchdogMs: number): boolean {
    return this.#device.fd === null || watchdogSeconds(watchdogMs) === this.#device.seconds;
  }

  async disarm(): Promise<void> {
    const fd = this.#device.fd;
    if (fd === null) return;
    await new Promise<void>((resolve) => {
      write(fd, 'V', () => {
        resolve();
      });
    });
  }

  #readBack(now: number): void {
    this.#readBackAtMs = now;
    if (this.#petFailed !== null) return;
    const read = readAttributes(this.#device.attributes, this.#device.report);
    this.#tell(judgeWatchdog(this.#device, read));
  }

  #fail(why: string): void {
    this.#petFailed = why;
    this.#tell({ state: 'none', timeoutMs: null, why });
  }

  #tell(reading: WatchdogReading): void {
    const key = JSON.stringify(reading);
    if (key === this.#last) return;
    this.#last = key;
    this.#changed(reading);
  }
}
