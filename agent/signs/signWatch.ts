import type { SignStatus } from '../protocol/hostSigns.ts';
import { type BmcSigns, readBmc } from './bmc.ts';
import { readDisks } from './disks.ts';
import { LinkErrors } from './links.ts';
import { MemoryErrors } from './memoryErrors.ts';
import { memoryPressure } from './pressure.ts';
import { type Figure, worstOf } from './reading.ts';
import { readSensors } from './sensors.ts';
import { textOf } from './sysfs.ts';

export const LOOK_AT_SIGNS_EVERY_MS = 60_000;
/** Programs that are started and hardware that is asked over slow buses: half an hour is soon enough for a trend. */
const ASK_PROGRAMS_EVERY_MS = 1_800_000;

/** Looks at the host's own hardware at a slow pace, and tells the engine the worst of each kind. */
export class SignWatch {
  readonly #nowMs: () => number;
  readonly #tell: (readings: readonly SignStatus[]) => void;
  readonly #memoryErrors = new MemoryErrors();
  readonly #linkErrors = new LinkErrors();
  #disks: readonly Figure[] = [];
  #bmc: BmcSigns = { fans: [], powerSupplies: [] };
  #askedAtMs = Number.NEGATIVE_INFINITY;
  #isLooking = false;
  #isAsking = false;

  constructor(nowMs: () => number, tell: (readings: readonly SignStatus[]) => void) {
    this.#nowMs = nowMs;
    this.#tell = tell;
  }

  /** One look at a time. One that never ends is followed by none: the engine forgets what is old. */
  async look(): Promise<void> {
    void this.#askPrograms();
    if (this.#isLooking) return;
    this.#isLooking = true;
    const nowMs = this.#nowMs();
    const pressure = memoryPressure((await textOf('/proc/pressure/memory')) ?? '');
    const sensors = await readSensors();
    const readings = [
      worstOf('disk', this.#disks),
      worstOf('memory-errors', await this.#memoryErrors.read(nowMs)),
      worstOf('temperature', sensors.temperatures),
      worstOf('fan', [...sensors.fans, ...this.#bmc.fans]),
      worstOf('power-supply', this.#bmc.powerSupplies),
      worstOf('link', await this.#linkErrors.read(nowMs)),
      worstOf('memory-pressure', pressure === null ? [] : [pressure]),
    ];
    this.#isLooking = false;
    this.#tell(readings.filter((reading) => reading !== null));
  }

  /** Beside the looks: a disk that hangs must not keep the temperature from being told. */
  async #askPrograms(): Promise<void> {
    const nowMs = this.#nowMs();
    if (this.#isAsking || nowMs - this.#askedAtMs < ASK_PROGRAMS_EVERY_MS) return;
    this.#isAsking = true;
    this.#askedAtMs = nowMs;
    this.#disks = await readDisks();
    this.#bmc = await readBmc();
    this.#isAsking = false;
  }
}
