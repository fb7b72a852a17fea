import type { Message } from '../core/notify/types.ts';

/** `[Understudy Shop] beta took over 1 VM from alpha`, one line whatever went in. */
export function subjectOf({ group, title }: Message): string {
  return `[Understudy${group === '' ? '' : ` ${group}`}] ${title}`.replaceAll(/\p{Cc}+/gu, ' ').slice(0, 200);
}

/** The whole message in plain words. */
export function textOf(message: Message): string {
  const { what, why, now, toDo, lines, incident, host, startedAt } = message;
  const parts = [
    what,
    ...(why === null ? [] : [why]),
    ...(now === null ? [] : [`Now: ${now}`]),
    ...(toDo === null ? [] : [`What to do: ${toDo}`]),
    ...(lines.length === 0
      ? []
      : [`What the hosts wrote down:\n${lines.map((line) => `  ${line}`).join('\n')}`]),
    `Since ${startedAt.replace('T', ' ').slice(0, 19)} UTC. Told by ${host}. Incident ${incident}.`,
  ];
  return `${parts.join('\n\n')}\n`;
}

/** A few lines for a chat. */
export function shortTextOf({ what, why, now, toDo, host, incident }: Message): string {
  const told = `Told by ${host}, incident ${incident}.`;
  return [what, why, now, toDo === null ? null : `What to do: ${toDo}`, told]
    .filter((part) => part !== null)
    .join('\n');
}
