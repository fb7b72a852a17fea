import type { LogEvent } from '../protocol/event.ts';

const levels = { info: '   ', notice: '   ', warning: ' ! ', alarm: '!!!' } as const;

/** The story that an event belongs to; null: none. */
function incidentOf({ facts }: LogEvent): string | null {
  const incident = facts?.['incident'];
  return typeof incident === 'string' ? incident : null;
}

/** `wanted` null: every event will do. */
export const isOfIncident = (event: LogEvent, wanted: string | null): boolean =>
  wanted === null || incidentOf(event) === wanted;

/** One line of the log: number, time, weight, code, VM and what happened. Control characters can't forge others. */
export function eventLine(event: LogEvent): string {
  const time = event.wallTime.replace('T', ' ').replace(/\.[0-9]+Z$|Z$/, '');
  const incident = incidentOf(event);
  const vm = event.vm === undefined || event.text.includes(event.vm) ? '' : `${event.vm}: `;
  const line = `${String(event.seq).padStart(6)}  ${time}  ${levels[event.level]} ${vm}${event.text} [${event.code}${incident === null ? '' : ` ${incident}`}]`;
  return `${line.replaceAll(/\p{Cc}+/gu, ' ')}\n`;
}
