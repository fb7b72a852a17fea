import { LogEvent } from '../protocol/event.ts';

/** An event before the journal gives it its number, host and time. */
export type NewEvent = Pick<LogEvent, 'code' | 'level' | 'text' | 'vm' | 'facts'>;

/** With these an event is at most about 8 KiB, whatever it was made from. */
const MAX_TEXT = 1000;
const MAX_FACTS = 32;
const MAX_FACT_TEXT = 200;

const cut = (text: string, length: number): string =>
  text.length <= length ? text : `${text.slice(0, length - 1)}…`;

function boundFacts(facts: NonNullable<NewEvent['facts']>): NonNullable<NewEvent['facts']> {
  const entries = Object.entries(facts)
    .slice(0, MAX_FACTS)
    .map(([name, fact]) => [
      cut(name, MAX_FACT_TEXT),
      typeof fact === 'string' ? cut(fact, MAX_FACT_TEXT) : fact,
    ]);
  return Object.fromEntries(entries) as NonNullable<NewEvent['facts']>;
}

/** Numbers an event and makes it fit. What is no event at all becomes one that says so: nothing is lost silently. */
export function makeEvent(
  { code, level, text, vm, facts }: NewEvent,
  stamp: Pick<LogEvent, 'seq' | 'bootId' | 'atBootMs' | 'wallTime' | 'host'>,
): LogEvent {
  const event = {
    ...stamp,
    code,
    level,
    ...(vm === undefined ? {} : { vm }),
    text: cut(text, MAX_TEXT),
    ...(facts === undefined ? {} : { facts: boundFacts(facts) }),
  };
  const parsed = LogEvent.safeParse(event);
  if (parsed.success) return parsed.data;
  const path = parsed.error.issues[0]?.path.join('.') ?? '';
  const told = cut(
    `An event could not be written down as it was (${path}): ${String(code)}: ${String(text)}`,
    MAX_TEXT,
  );
  return { ...stamp, code: 'journal.malformed', level: 'warning', text: told };
}

/** Priorities of syslog(3), which journald reads from the beginning of a line. */
const priorities = { info: 6, notice: 5, warning: 4, alarm: 2 } as const;

/** One line for the host's own journal: `[failover.done] web: ...`. Control characters can't forge further lines. */
export function eventLine(event: LogEvent, withPriority: boolean): string {
  const vm = event.vm === undefined || event.text.includes(event.vm) ? '' : `${event.vm}: `;
  const line = `[${event.code}] ${vm}${event.text}`.replaceAll(/\p{Cc}+/gu, ' ');
  return withPriority ? `<${priorities[event.level]}>${line}` : line;
}
