import { encodeMessage, messageStatus, messageType } from './framing.ts';
import { nothing } from './procedure.ts';

export const KEEPALIVE_PROGRAM = 0x6b65_6570;
export const KEEPALIVE_PING = 1;
const KEEPALIVE_PONG = 2;

export interface KeepaliveTiming {
  /** A ping goes out after this long a silence. From 1. */
  readonly intervalMs: number;
  /** The connection is closed after this many unanswered pings, at the next interval. From 1. */
  readonly count: number;
}

/** A daemon that has stopped answering is noticed within 6 s. */
export const DEFAULT_KEEPALIVE: KeepaliveTiming = { intervalMs: 2000, count: 2 };

const keepaliveMessage = (procedure: number): Buffer =>
  encodeMessage(
    { program: KEEPALIVE_PROGRAM, procedure, type: messageType.event, serial: 0, status: messageStatus.ok },
    nothing,
  );

/** The answer to a ping of the daemon's. */
export const keepalivePong = (): Buffer => keepaliveMessage(KEEPALIVE_PONG);

/** Pings a silent daemon, and says when it stays silent. Any byte from the daemon counts as a sign of life. */
export class Keepalive {
  readonly #timer: NodeJS.Timeout;
  #heard = true;
  #isDeaf = false;
  #unanswered = 0;

  constructor(timing: KeepaliveTiming, ping: (message: Buffer) => void, dead: (silentMs: number) => void) {
    this.#timer = setInterval(() => {
      if (this.#heard || this.#isDeaf) {
        this.#heard = false;
        this.#unanswered = 0;
        return;
      }
      if (this.#unanswered >= timing.count) {
        dead(timing.intervalMs * (timing.count + 1));
        return;
      }
      this.#unanswered += 1;
      ping(keepaliveMessage(KEEPALIVE_PING));
    }, timing.intervalMs);
    this.#timer.unref();
  }

  heard(): void {
    this.#heard = true;
  }

  /** While deaf, silence means nothing. */
  setDeaf(isDeaf: boolean): void {
    this.#isDeaf = isDeaf;
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}
