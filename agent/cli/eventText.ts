import type { LogEvent } from '../protocol/event.ts';

const levels = { info: '   ', notice: '   ', warning: ' ! ', alarm: '!!!' } as const;

/** One line of the log: number, time, weight, code, VM and what happened. Control characters can't forge others. */
export function eventLine(event: LogEvent): string {
  const time = event.wallTime.replace('T', ' ').replace(/\.[0-9]+Z$|Z$/, '');
  const vm = event.vm === undefined || event.text.includes(event.vm) ? '' : `${event.vm}: `;
  const line = `${String(event.seq).padStart(6)}  ${time}  ${levels[event.level]} ${vm}${event.text} [${event.code}]`;
  return `${line.replaceAll(/\p{Cc}+/gu, ' ')}\n`;
}
