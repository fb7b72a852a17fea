/** Simulated time: events in order of time, and of scheduling where times are equal. */
export class EventQueue {
  nowMs = 0;
  private readonly heap: { readonly atMs: number; readonly order: number; readonly run: () => void }[] = [];
  private order = 0;

  at(atMs: number, run: () => void): void {
    this.order += 1;
    const { heap } = this;
    heap.push({ atMs: Math.max(atMs, this.nowMs), order: this.order, run });
    let index = heap.length - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!this.before(index, parent)) {
        break;
      }
      this.swap(index, parent);
      index = parent;
    }
  }

  after(delayMs: number, run: () => void): void {
    this.at(this.nowMs + delayMs, run);
  }

  /** Runs everything up to and including `untilMs`. */
  runUntil(untilMs: number): void {
    for (let next = this.heap[0]; next !== undefined && next.atMs <= untilMs; next = this.heap[0]) {
      this.removeFirst();
      this.nowMs = next.atMs;
      next.run();
    }
    this.nowMs = untilMs;
  }

  private removeFirst(): void {
    const { heap } = this;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) {
      return;
    }
    heap[0] = last;
    let index = 0;
    for (;;) {
      const left = index * 2 + 1;
      const right = left + 1;
      let least = index;
      if (left < heap.length && this.before(left, least)) {
        least = left;
      }
      if (right < heap.length && this.before(right, least)) {
        least = right;
      }
      if (least === index) {
        return;
      }
      this.swap(index, least);
      index = least;
    }
  }

  private before(left: number, right: number): boolean {
    const a = this.heap[left];
    const b = this.heap[right];
    return (
      a !== undefined && b !== undefined && (a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order))
    );
  }

  private swap(left: number, right: number): void {
    const a = this.heap[left];
    const b = this.heap[right];
    if (a !== undefined && b !== undefined) {
      this.heap[left] = b;
      this.heap[right] = a;
    }
  }
}
