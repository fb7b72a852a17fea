import { create } from 'zustand';
import type { Failure } from '../../../agent/protocol/failure.ts';
import type { Bridge } from '../../../electron/ipc/contract.ts';
import type {
  AppInfo,
  EventView,
  GroupBeats,
  GroupView,
  KnownGroups,
  Preferences,
  RunView,
} from '../../../electron/ipc/views.ts';
import type { AgentUpdates } from '../../../electron/ipc/daily/updateViews.ts';
import type { AwayView, GoTo, IncidentStory, Settings } from '../../../electron/ipc/daily/views.ts';
import { openBridge } from '../bridge/bridge.ts';
import type { AppLink } from '../bridge/socket.ts';
import { liveDaily, liveGroup, type LiveDaily, type LiveGroup } from './live.ts';
import { parseRoute, routeHash, type Route } from './route.ts';

/** A feed's value with the time it came in, by this window's clock: ages go on from there. */
export interface Received<Value> {
  readonly value: Value;
  readonly atMs: number;
}

export interface Notice {
  readonly id: number;
  readonly title: string;
  readonly failure: Failure;
}

export interface WindowState {
  readonly link: AppLink;
  /** This window's clock, a tick a second: what ages are computed from. */
  readonly nowMs: number;
  readonly info: AppInfo | null;
  readonly preferences: Preferences | null;
  readonly known: KnownGroups | null;
  /** The open groups; null until the app has said which. */
  readonly groups: readonly LiveGroup[] | null;
  readonly groupsAtMs: number;
  readonly beats: readonly GroupBeats[];
  readonly runs: Received<readonly RunView[]> | null;
  readonly events: readonly EventView[];
  readonly daily: readonly LiveDaily[];
  /** Stories of incidents, the newest last; null until the app has told them. */
  readonly stories: readonly IncidentStory[] | null;
  readonly away: AwayView | null;
  readonly settings: Settings | null;
  readonly updates: readonly AgentUpdates[];
  readonly route: Route;
  readonly dismissedRuns: readonly string[];
  readonly notices: readonly Notice[];
  /** What came in and could not be taken in: the app and this page are of different versions, or the app is at fault. */
  readonly fault: Error | null;
  /** The dialog that is open: one at a time, never nested. */
  readonly dialog: OpenDialog | null;
}

export type OpenDialog =
  /** Without a VM it begins with choosing one. */
  | { readonly kind: 'switch-over'; readonly groupId: string; readonly vmId: string | null }
  /** Without a host it is about the whole group. */
  | { readonly kind: 'pause'; readonly groupId: string; readonly host: string | null }
  | { readonly kind: 'palette' }
  | { readonly kind: 'keys' };

export const useWindow = create<WindowState>()(() => ({
  link: { kind: 'connecting' },
  nowMs: performance.now(),
  info: null,
  preferences: null,
  known: null,
  groups: null,
  groupsAtMs: Number.NEGATIVE_INFINITY,
  beats: [],
  runs: null,
  events: [],
  daily: [],
  stories: null,
  away: null,
  settings: null,
  updates: [],
  route: parseRoute(location.hash),
  dismissedRuns: [],
  notices: [],
  fault: null,
  dialog: null,
}));

const received = <Value>(value: Value): Received<Value> => ({ value, atMs: performance.now() });

/** How often ages move on the screen. */
const TICK_MS = 1_000;

let bridge: Bridge | null = null;
/** The app; only after `connect`. */
export function app(): Bridge {
  if (bridge === null) throw new Error('The window is not connected yet.');
  return bridge;
}

/** The number of the last place that was asked for from outside, so that a reload does not go there again. */
const ASKED = 'understudy.asked';

/** Goes where the tray, a notification or a second start asks for; once for each asking. */
function follow(asked: GoTo | null): void {
  if (asked === null || sessionStorage.getItem(ASKED) === String(asked.id)) return;
  sessionStorage.setItem(ASKED, String(asked.id));
  const { page, groupId, vmId, incidentId, dialog } = asked;
  location.hash = routeHash({ page, groupId, item: vmId ?? incidentId });
  if (groupId === null || dialog === null) return;
  useWindow.setState({
    dialog:
      dialog === 'switch-over'
        ? { kind: 'switch-over', groupId, vmId }
        : { kind: 'pause', groupId, host: null },
  });
}

/** Views that come faster than this are drawn together: nobody reads more than five figures a second. */
const GATHER_MS = 200;
/** While nobody sees the window it only has to be near the truth when it is shown again. */
const GATHER_HIDDEN_MS = 2_000;
let waiting: readonly GroupView[] | null = null;

/** Takes a view at once when it is quiet; while they come fast, the newest every so often. */
function gatherViews(views: readonly GroupView[]): void {
  const quietForMs = performance.now() - useWindow.getState().groupsAtMs;
  const gatherMs = document.hidden ? GATHER_HIDDEN_MS : GATHER_MS;
  if (waiting === null && quietForMs >= gatherMs) return takeViews(views);
  if (waiting === null) {
    setTimeout(() => {
      const newest = waiting;
      waiting = null;
      if (newest !== null) takeViews(newest);
    }, gatherMs - quietForMs);
  }
  waiting = views;
}

function takeViews(views: readonly GroupView[]): void {
  const atMs = performance.now();
  try {
    useWindow.setState(({ groups: old }) => ({
      nowMs: atMs,
      groupsAtMs: atMs,
      groups: views.map((view) =>
        liveGroup(
          view,
          atMs,
          old?.find(({ id }) => id === view.id),
        ),
      ),
    }));
  } catch (fault) {
    useWindow.setState({ fault: fault instanceof Error ? fault : new Error(String(fault)) });
  }
}

/** Mirrors every feed into the store. */
export function connect(): void {
  const set = useWindow.setState;
  bridge = openBridge((link) => set({ link }));
  bridge.app.info((info) => set({ info }));
  bridge.app.preferences((preferences) => set({ preferences }));
  bridge.groups.known((known) => set({ known }));
  bridge.groups.views(gatherViews);
  bridge.groups.beats((beats) => set({ beats }));
  bridge.runs.recent((runs) => set({ runs: received(runs) }));
  bridge.events.recent((events) => set({ events }));
  bridge.daily.groups((views) => {
    const atMs = performance.now();
    set(({ daily: old }) => ({
      daily: views.map((view) =>
        liveDaily(
          view,
          atMs,
          old.find(({ groupId }) => groupId === view.groupId),
        ),
      ),
    }));
  });
  bridge.daily.goTo(follow);
  bridge.incidents.recent((stories) => set({ stories }));
  bridge.away.summary((away) => set({ away }));
  bridge.settings.values((settings) => set({ settings }));
  bridge.updates.agents((updates) => set({ updates }));
  addEventListener('hashchange', () => set({ route: parseRoute(location.hash) }));
  setInterval(() => set({ nowMs: performance.now() }), TICK_MS);
}
