import type { LogEvent } from '../../agent/protocol/event.ts';
import type { EventView } from '../ipc/views.ts';

/** Shown at most; the hosts keep more. */
const KEPT_EVENTS = 400;

/** The newest events of all hosts, told apart by host, boot and sequence, so that a replay after a lost connection adds nothing. */
export class EventLog {
  readonly #events = new Map<string, EventView>();

  /** Returns those that are new. */
  add(groupId: string, events: readonly LogEvent[]): readonly EventView[] {
    const added: EventView[] = [];
    for (const event of events) {
      const key = `${groupId}/${event.host}/${event.seq}/${event.bootId}`;
      if (this.#events.has(key)) continue;
      const view = { ...event, key, groupId };
      this.#events.set(key, view);
      added.push(view);
    }
    if (this.#events.size > KEPT_EVENTS) this.#trim();
    return added;
  }

  forget(groupId: string): void {
    for (const [key, event] of this.#events) if (event.groupId === groupId) this.#events.delete(key);
  }

  /** By wall time, for people; within a host by its own sequence. */
  all(): readonly EventView[] {
    return [...this.#events.values()].toSorted((a, b) =>
      a.groupId === b.groupId && a.host === b.host
        ? a.seq - b.seq
        : a.wallTime.localeCompare(b.wallTime) || a.key.localeCompare(b.key),
    );
  }

  #trim(): void {
    for (const { key } of this.all().slice(0, this.#events.size - KEPT_EVENTS)) this.#events.delete(key);
  }
}
