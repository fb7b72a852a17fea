import type { LogEvent } from '../../../../agent/protocol/event.ts';
import type { EventView } from '../../../ipc/views.ts';

const groupId = '6d0f7d3e-0000-4000-8000-000000000001';
export const START = Date.parse('2026-11-21T03:12:00Z');

/** An event as the app gets it, `atMs` after START. */
export const view = (
  seq: number,
  host: string,
  atMs: number,
  event: Pick<LogEvent, 'code' | 'level' | 'text' | 'vm' | 'facts'>,
): EventView => ({
  ...event,
  seq,
  host,
  bootId: groupId,
  atBootMs: atMs,
  wallTime: new Date(START + atMs).toISOString(),
  groupId,
  key: `${groupId}/${host}/${seq}/boot`,
});
