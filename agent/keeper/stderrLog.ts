import { write } from 'node:fs';

/** Lines kept while the journal does not take them: some minutes of a noisy fault, and a bound on memory. */
const MAX_LINES = 256;
/** A line longer than this is cut: logs are for people. */
const MAX_LINE_CHARS = 500;
/** How long the end of a process waits for its last lines: a journal that hangs must not hold it up. */
const FLUSH_MS = 300;
const STDERR = 2;

export type Log = (code: string, facts: Readonly<Record<string, unknown>>) => void;

/**
 * A log that never makes its caller wait: `process.stderr` writes to a pipe synchronously, and a journal that hangs
 * would then stop the keeper. At most one write is under way, in the thread pool; what doesn't fit is counted.
 */
export class StderrLog {
  readonly #lines: string[] = [];
  #dropped = 0;
  #writing = false;
  #idle: () => void = () => undefined;

  readonly log: Log = (code, facts) => {
    if (this.#lines.length >= MAX_LINES) this.#dropped += 1;
    else this.#lines.push(`${code} ${JSON.stringify(facts)}`.slice(0, MAX_LINE_CHARS));
    this.#flush();
  };

  /** A write to the journal has not come back: a process with a blocked thread can't exit in the ordinary way. */
  get stuck(): boolean {
    return this.#writing;
  }

  /** Resolves when all lines are out, or after a moment. */
  async flushed(): Promise<void> {
    if (!this.#writing) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, FLUSH_MS);
      this.#idle = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  #flush(): void {
    if (this.#writing) return;
    if (this.#lines.length === 0) {
      this.#idle();
      return;
    }
    const lines = this.#lines.splice(0);
    if (this.#dropped > 0) lines.push(`keeper.log-dropped {"lines":${this.#dropped}}`);
    this.#dropped = 0;
    this.#writing = true;
    write(STDERR, `${lines.join('\n')}\n`, () => {
      this.#writing = false;
      this.#flush();
    });
  }
}
