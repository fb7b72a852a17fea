import type { LogEvent } from '../protocol/event.ts';

/** An event before the journal gives it its number, host and time. */
export type NewEvent = Pick<LogEvent, 'code' | 'level' | 'text' | 'vm' | 'facts'>;
