/** Far more than any step of a test needs. */
const DEADLINE_MS = 30_000;

/** Collects what a listener hears, and waits for what a test expects. */
export class EventLog<Event> {
  readonly all: Event[] = [];
  #waiting: (() => void)[] = [];

  readonly hear = (event: Event): void => {
    this.all.push(event);
    for (const wake of this.#waiting.splice(0)) wake();
  };

  /** The first event that fits, heard before or still to come. Rejects, with what was heard, when none comes. */
  async waitFor<Found extends Event>(fits: (event: Event) => event is Found): Promise<Found>;
  async waitFor(fits: (event: Event) => boolean): Promise<Event>;
  async waitFor(fits: (event: Event) => boolean): Promise<Event> {
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      for (const wake of this.#waiting.splice(0)) wake();
    }, DEADLINE_MS);
    try {
      for (;;) {
        const found = this.all.find(fits);
        if (found !== undefined) return found;
        if (isLate) throw new Error(`not heard; heard was: ${this.#describe()}`);
        await new Promise<void>((resolve) => {
          this.#waiting.push(resolve);
        });
      }
    } finally {
      clearTimeout(timer);
    }
  }

  #describe(): string {
    return JSON.stringify(this.all, (_key, value: unknown) =>
      typeof value === 'bigint' ? String(value) : value,
    );
  }
}
