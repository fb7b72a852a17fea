import type { GoTo } from '../../ipc/daily/views.ts';
import type { GroupView, HostView, VmView, Word } from '../../ipc/views.ts';
import { count } from '../../ipc/words.ts';

/** Where a click outside of the window leads. */
export type Place = Omit<GoTo, 'id'>;

export const nowhere: Place = {
  page: 'overview',
  groupId: null,
  vmId: null,
  incidentId: null,
  dialog: null,
};

/** A line of the tray's menu. Nothing in it acts on a host: `open` leads to the window, and to a dialog there. */
export type TrayItem =
  | { readonly kind: 'text'; readonly label: string }
  | { readonly kind: 'separator' }
  | { readonly kind: 'open'; readonly label: string; readonly place: Place }
  | { readonly kind: 'menu'; readonly label: string; readonly items: readonly TrayItem[] }
  | { readonly kind: 'quit'; readonly label: string };

export interface TrayModel {
  readonly word: Word;
  readonly tooltip: string;
  readonly items: readonly TrayItem[];
}

/** More lines do not fit on a screen, and a menu can't be searched: the window's list is for those. */
const MAX_VM_LINES = 16;
/** Some desktops cut labels in the middle, others let them grow across the screen. */
const MAX_LABEL = 90;
/** Windows cuts a tooltip at 127 characters. */
const MAX_TOOLTIP = 120;

/** From the worst to the best: one icon for all groups shows the worst. */
const ORDER: readonly Word[] = ['not-protected', 'working', 'at-risk', 'not-known', 'paused', 'protected'];

const words: Readonly<Record<Word, string>> = {
  protected: 'protected',
  working: 'working',
  'at-risk': 'at risk',
  'not-protected': 'not protected',
  paused: 'paused',
  'not-known': 'not known',
};

const hostStates: Readonly<Record<HostView['state'], string>> = {
  alive: 'up',
  late: 'late',
  silent: 'silent',
  dead: 'counted as lost',
  'not-known': 'not known',
};

export function worstWord(groups: readonly GroupView[]): Word {
  return ORDER.find((word) => groups.some(({ verdict }) => verdict.word === word)) ?? 'not-known';
}

const cut = (text: string, length: number): string =>
  text.length <= length ? text : `${text.slice(0, length - 1).trimEnd()}…`;

const label = (text: string): string => cut(text, MAX_LABEL);

function hostLine({ name, state, report }: HostView, vms: readonly VmView[]): TrayItem {
  const runs = vms.filter(({ place }) => place.kind === 'running' && place.host === name).length;
  const doing = report !== null && report.fresh ? `, runs ${count(runs, 'VM')}` : '';
  return { kind: 'text', label: label(`${name}: ${hostStates[state]}${doing}`) };
}

/** A VM's state and, when it runs and can go elsewhere, the way to the dialog that moves it. */
function vmMenu(groupId: string, vm: VmView): TrayItem {
  const place = { ...nowhere, groupId, vmId: vm.id };
  const host = vm.place.kind === 'running' ? vm.place.host : null;
  const targets = host === null || vm.activity !== null ? [] : vm.hosts.filter((name) => name !== host);
  const to = targets.length === 1 ? ` to ${targets[0]}` : '';
  const switchOver: TrayItem = {
    kind: 'open',
    label: `Switch over${to}…`,
    place: { ...place, page: 'vm', dialog: 'switch-over' },
  };
  return {
    kind: 'menu',
    label: label(`${vm.name}${host === null ? '' : ` on ${host}`}: ${words[vm.word]}`),
    items: [
      ...(targets.length === 0 ? [] : [switchOver]),
      { kind: 'open', label: `Open ${vm.name}`, place: { ...place, page: 'vm' } },
    ],
  };
}

function vmLines(group: GroupView): readonly TrayItem[] {
  const worstFirst = group.vms.toSorted((a, b) => ORDER.indexOf(a.word) - ORDER.indexOf(b.word));
  const left = worstFirst.length - MAX_VM_LINES;
  const more: TrayItem = {
    kind: 'open',
    label: `${left} more in the window`,
    place: { ...nowhere, page: 'vms', groupId: group.id },
  };
  return [
    ...worstFirst.slice(0, MAX_VM_LINES).map((vm) => vmMenu(group.id, vm)),
    ...(left > 0 ? [more] : []),
  ];
}

function groupItems(group: GroupView): readonly TrayItem[] {
  const place = { ...nowhere, groupId: group.id };
  const vms: TrayItem = { kind: 'menu', label: 'VMs', items: vmLines(group) };
  return [
    { kind: 'text', label: label(group.verdict.sentence) },
    ...group.hosts.map((host) => hostLine(host, group.vms)),
    ...(group.vms.length === 0 ? [] : [vms]),
    {
      kind: 'open',
      label: 'Maintenance…',
      place: { ...place, page: 'maintenance', dialog: 'maintenance' },
    },
    { kind: 'open', label: 'Checks', place: { ...place, page: 'checks' } },
    { kind: 'open', label: `Open ${group.name}`, place },
  ];
}

/** One group stands in the menu itself; several each have a menu of their own, the worst first. */
function groupsItems(groups: readonly GroupView[]): readonly TrayItem[] {
  const [only, second] = groups;
  if (only === undefined) return [{ kind: 'text', label: 'No group is open.' }];
  if (second === undefined) return groupItems(only);
  return groups
    .toSorted((a, b) => ORDER.indexOf(a.verdict.word) - ORDER.indexOf(b.verdict.word))
    .map((group) => ({
      kind: 'menu',
      label: label(`${group.name}: ${words[group.verdict.word]}`),
      items: groupItems(group),
    }));
}

function tooltip(groups: readonly GroupView[], word: Word): string {
  const shown = groups.filter(({ verdict }) => verdict.word === word);
  const [first] = shown;
  if (first === undefined) return 'Understudy: no group is open';
  const where = groups.length === 1 ? first.verdict.sentence : `${first.name}: ${first.verdict.sentence}`;
  return cut(`Understudy. ${where}`, MAX_TOOLTIP);
}

/** What the tray shows of the groups: icon, tooltip and menu. Pure, and of bounded size whatever the groups hold. */
export function trayModel(groups: readonly GroupView[]): TrayModel {
  const word = worstWord(groups);
  return {
    word,
    tooltip: tooltip(groups, word),
    items: [
      ...groupsItems(groups),
      { kind: 'separator' },
      { kind: 'open', label: 'Open Understudy', place: nowhere },
      { kind: 'quit', label: 'Quit (protection continues)' },
    ],
  };
}

/** A countdown in a sentence changes every second; a menu that is built anew while it is open closes under the hand. */
const MENU_REST_MS = 5_000;

/** The menu as it was last built. */
export interface BuiltMenu {
  readonly word: Word;
  readonly items: string;
  readonly atMs: number;
}

/** Whether the menu is to be built anew: at once in another state, else when its text is another and it has rested. */
export function isMenuDue(built: BuiltMenu | null, { word, items }: TrayModel, nowMs: number): boolean {
  if (built === null || built.word !== word) return true;
  return nowMs - built.atMs >= MENU_REST_MS && JSON.stringify(items) !== built.items;
}
