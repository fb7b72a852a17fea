import { spawn } from 'node:child_process';
import { connect, type Socket } from 'node:net';
import { type Paths, rootArguments } from '../paths.ts';
import type { BootClock } from './bootClock.ts';
import type { Watchdog, WatchdogReading } from './watchdog.ts';
import { watchdogSeconds } from './watchdogPlan.ts';

/** A stand-in that has just been started needs a moment until its socket is there. */
const CONNECT_EVERY_MS = 100;
const MAX_ATTEMPTS = 100;

export interface DemoWatchdogOptions {
  readonly self: readonly string[];
  readonly paths: Paths;
  /** W of the group's profile. */
  readonly watchdogMs: number;
  /** Boot-clock ms from which the stand-in must not be opened, which pets it; null: no limit. */
  readonly untilMs: number | null;
  readonly clock: BootClock;
}

/** The keeper's end of the stand-in for a watchdog device. Only for demo hosts. */
export class DemoWatchdog implements Watchdog {
  readonly #options: DemoWatchdogOptions;
  #changed: (reading: WatchdogReading) => void = () => undefined;
  #socket: Socket | null = null;
  #attempts = 0;
  #late = false;
  readonly stuck = false;

  #timeoutMs: number;

  constructor(options: DemoWatchdogOptions) {
    this.#options = options;
    this.#timeoutMs = watchdogSeconds(options.watchdogMs) * 1000;
  }

  useTimeout(watchdogMs: number): boolean {
    this.#timeoutMs = watchdogSeconds(watchdogMs) * 1000;
    if (this.#socket !== null) this.#useNewTimeout(this.#socket);
    return true;
  }

  start(changed: (reading: WatchdogReading) => void): void {
    this.#changed = changed;
    this.#open();
  }

  pet(notAfterMs: number): void {
    if (this.#options.clock() >= notAfterMs) return;
    this.#socket?.write('.');
    // A keeper that came too late to open it has the right again.
    if (this.#late) this.#connect();
  }

  async disarm(): Promise<void> {
    const socket = this.#socket;
    if (socket === null) return;
    await new Promise<void>((resolve) => {
      socket.once('close', () => {
        resolve();
      });
      socket.end('V');
    });
  }

  #open(): void {
    const { clock, untilMs } = this.#options;
    this.#late = untilMs !== null && clock() >= untilMs;
    if (this.#late) this.#tell('the right to pet it has passed');
    else this.#connect();
  }

  #connect(): void {
    this.#late = false;
    this.#attempts += 1;
    const socket = connect(this.#options.paths.demoWatchdogSocket);
    socket.once('connect', () => {
      this.#socket = socket;
      this.#useNewTimeout(socket);
    });
    socket.on('error', () => undefined);
    socket.once('close', () => {
      const wasOpen = this.#socket === socket;
      this.#socket = null;
      if (wasOpen) this.#tell('the stand-in for a watchdog is gone');
      else this.#openLater();
    });
  }

  #useNewTimeout(socket: Socket): void {
    socket.write(`T${this.#timeoutMs}\n`);
    this.#tell(null);
  }

  #openLater(): void {
    if (this.#attempts === 1) this.#startStandIn();
    if (this.#attempts < MAX_ATTEMPTS) setTimeout(() => this.#connect(), CONNECT_EVERY_MS);
    else this.#tell('the stand-in for a watchdog does not answer');
  }

  /** It lives on when this keeper dies, in the same process group: that is the point of it. */
  #startStandIn(): void {
    const [program = '', ...args] = this.#options.self;
    const standIn = spawn(program, [...args, 'demo-watchdog', ...rootArguments(this.#options.paths)], {
      stdio: 'ignore',
    });
    standIn.on('error', () => undefined);
    standIn.unref();
  }

  #tell(why: string | null): void {
    this.#changed(
      why === null
        ? { state: 'armed', timeoutMs: this.#timeoutMs, why }
        : { state: 'none', timeoutMs: null, why },
    );
  }
}
