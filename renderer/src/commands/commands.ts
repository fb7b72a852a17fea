import type { Theme } from '../../../electron/ipc/views.ts';
import { switchOverRefusal } from '../features/switchOverRefusal.ts';
import { closeGroup, go, openDialog, openSwitchOver, setTheme } from '../store/actions.ts';
import { endHostMaintenance, endPause } from '../store/dailyActions.ts';
import type { LiveGroup } from '../store/live.ts';
import type { Page } from '../store/route.ts';
import { currentGroup } from '../store/selectors.ts';
import type { WindowState } from '../store/store.ts';
import { words } from '../text/en.ts';

/** Something that can be done now. Palette, shortcuts and their list read the same. */
export interface Command {
  readonly id: string;
  readonly title: string;
  /** What kind of thing it is, in a word. */
  readonly area: string;
  /** Beside the title: a state, a key. */
  readonly note?: string;
  /** Why it can't be done now; null when it can. */
  readonly off: string | null;
  readonly perform: () => void;
}

export interface PageKey {
  readonly key: string;
  readonly page: Page;
  readonly name: string;
}
/** Alt and a digit: letters alone would get in the way of screen readers and of typing. */
export const pageKeys: readonly PageKey[] = [
  { key: '1', page: 'overview', name: 'Overview' },
  { key: '2', page: 'vms', name: 'VMs' },
  { key: '3', page: 'events', name: 'Events' },
  { key: '4', page: 'checks', name: 'Checks' },
  { key: '5', page: 'maintenance', name: 'Maintenance' },
  { key: '6', page: 'settings', name: 'Settings' },
];

const morePages: readonly { readonly page: Page; readonly name: string }[] = [
  { page: 'diagnostics', name: 'Diagnostics' },
  { page: 'about', name: 'About and limits' },
  { page: 'welcome', name: 'Groups' },
];

function pageCommands(group: LiveGroup | null): readonly Command[] {
  const command = (page: Page, name: string, note?: string): Command => ({
    id: `page-${page}`,
    title: `Go to ${name}`,
    area: 'Page',
    ...(note === undefined ? {} : { note }),
    off: null,
    perform: () => go({ page, groupId: page === 'welcome' ? null : (group?.id ?? null) }),
  });
  return [
    ...pageKeys.map(({ key, page, name }) => command(page, name, `Alt ${key}`)),
    ...morePages.map(({ page, name }) => command(page, name)),
  ];
}

function vmCommands(group: LiveGroup): readonly Command[] {
  return group.vms.flatMap((vm): readonly Command[] => [
    {
      id: `vm-${vm.id}`,
      title: vm.name,
      area: 'VM',
      note: words[vm.word],
      off: null,
      perform: () => go({ page: 'vm', groupId: group.id, item: vm.id }),
    },
    {
      id: `switch-over-${vm.id}`,
      title: `Switch over ${vm.name} …`,
      area: 'Switch over',
      off: switchOverRefusal(group, vm),
      perform: () => openSwitchOver(group.id, vm.id),
    },
  ]);
}

function pauseCommands(group: LiveGroup, { daily }: WindowState): readonly Command[] {
  const today = daily.find(({ groupId }) => groupId === group.id);
  const inMaintenance = new Set((today?.maintenance ?? []).map(({ host }) => host));
  const ofGroup: Command = group.disarmed
    ? {
        id: 'resume',
        title: 'Resume protection',
        area: 'Maintenance',
        off: null,
        perform: () => void endPause(group.id),
      }
    : {
        id: 'pause',
        title: 'Pause protection of the group …',
        area: 'Maintenance',
        off: null,
        perform: () => openDialog({ kind: 'pause', groupId: group.id, host: null }),
      };
  const ofHosts = group.hosts.map(
    ({ name }): Command =>
      inMaintenance.has(name)
        ? {
            id: `end-${name}`,
            title: `End maintenance of ${name}`,
            area: 'Maintenance',
            off: null,
            perform: () => void endHostMaintenance(group.id, name),
          }
        : {
            id: `maintain-${name}`,
            title: `Maintenance of ${name} …`,
            area: 'Maintenance',
            off: null,
            perform: () => openDialog({ kind: 'pause', groupId: group.id, host: name }),
          },
  );
  const protect: Command = {
    id: 'protect',
    title: 'Protect more VMs',
    area: 'Page',
    off: group.kind === 'demo' ? 'The demo group has the VMs that it has.' : null,
    perform: () => go({ page: 'setup', groupId: group.id, item: 'vms' }),
  };
  const ups: Command = {
    id: 'ups',
    title: 'What to set up with a UPS',
    area: 'Maintenance',
    off: null,
    perform: () => go({ page: 'maintenance', groupId: group.id }),
  };
  return [ofGroup, ...ofHosts, protect, ups];
}

export const themeNames: Readonly<Record<Theme, string>> = {
  system: 'As the system',
  light: 'Light',
  dark: 'Dark',
  contrast: 'High contrast',
};

function appCommands(state: WindowState, group: LiveGroup | null): readonly Command[] {
  const themes = Object.entries(themeNames).map(
    ([theme, name]): Command => ({
      id: `theme-${theme}`,
      title: `Appearance: ${name}`,
      area: 'Settings',
      off: state.preferences?.theme === theme ? 'It is so already.' : null,
      perform: () => void setTheme(theme as Theme),
    }),
  );
  const groups = (state.groups ?? []).map(
    (each): Command => ({
      id: `group-${each.id}`,
      title: `Show ${each.name}`,
      area: 'Group',
      note: words[each.verdict.word],
      off: null,
      perform: () => go({ page: 'overview', groupId: each.id }),
    }),
  );
  const keys: Command = {
    id: 'keys',
    title: 'Keyboard shortcuts',
    area: 'Help',
    note: 'F1',
    off: null,
    perform: () => openDialog({ kind: 'keys' }),
  };
  const close =
    group === null
      ? []
      : [
          {
            id: 'close',
            title: group.kind === 'demo' ? 'End the demo' : `Close ${group.name}`,
            area: 'Group',
            off: null,
            perform: () => void closeGroup(group.id),
          },
        ];
  return [...groups, ...themes, keys, ...close];
}

/** Everything that can be done from the keyboard at this moment, the most used first. */
export function commandsFor(state: WindowState): readonly Command[] {
  const group = currentGroup(state);
  const switchOver: readonly Command[] =
    group === null || group.vms.length === 0
      ? []
      : [
          {
            id: 'switch-over',
            title: 'Switch over …',
            area: 'Switch over',
            off: null,
            perform: () => openSwitchOver(group.id, null),
          },
        ];
  return [
    ...pageCommands(group),
    ...switchOver,
    ...(group === null ? [] : [...pauseCommands(group, state), ...vmCommands(group)]),
    ...appCommands(state, group),
  ];
}
