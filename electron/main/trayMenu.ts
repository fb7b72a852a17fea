import type { GroupView, Word } from '../ipc/views.ts';

export type TrayItem =
  | { readonly kind: 'text'; readonly label: string }
  | { readonly kind: 'separator' }
  | { readonly kind: 'open'; readonly label: string; readonly route?: string }
  | { readonly kind: 'quit'; readonly label: string };

/** From the worst to the best: one icon for all groups shows the worst. */
const ORDER: readonly Word[] = ['not-protected', 'working', 'at-risk', 'not-known', 'paused', 'protected'];

export function worstWord(groups: readonly GroupView[]): Word {
  return ORDER.find((word) => groups.some(({ verdict }) => verdict.word === word)) ?? 'not-known';
}

const states = {
  alive: 'up',
  late: 'late',
  silent: 'silent',
  dead: 'counted as lost',
  'not-known': 'not known',
} as const;

/** What the tray's menu says: the state of each group, its hosts, and the way to the window. It never acts itself. */
export function trayMenu(groups: readonly GroupView[]): readonly TrayItem[] {
  const shown = groups.flatMap((group): TrayItem[] => [
    { kind: 'text', label: `${group.name}: ${group.verdict.sentence}` },
    ...group.hosts.map(({ name, state }): TrayItem => ({ kind: 'text', label: `${name}: ${states[state]}` })),
    { kind: 'open', label: `Open ${group.name}`, route: `#/overview/${group.id}` },
    { kind: 'separator' },
  ]);
  const none: readonly TrayItem[] = [{ kind: 'text', label: 'No group is open.' }, { kind: 'separator' }];
  return [
    ...(shown.length === 0 ? none : shown),
    { kind: 'open', label: 'Open Understudy' },
    { kind: 'quit', label: 'Quit (protection continues)' },
  ];
}
