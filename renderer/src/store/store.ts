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
import { openBridge } from '../bridge/bridge.ts';
import type { AppLink } from '../bridge/socket.ts';
import { readRoute, type Route } from './route.ts';

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
  readonly views: Received<readonly GroupView[]> | null;
  readonly beats: readonly GroupBeats[];
  readonly runs: Received<readonly RunView[]> | null;
  readonly events: readonly EventView[];
  readonly route: Route;
  readonly dismissedRuns: readonly string[];
  readonly notices: readonly Notice[];
  /** The dialog that is open: one at a time, never nested. */
  readonly dialog: { readonly kind: 'switch-over'; readonly groupId: string; readonly vmId: string } | null;
}

export const useWindow = create<WindowState>()(() => ({
  link: { kind: 'connecting' },
  nowMs: performance.now(),
  info: null,
  preferences: null,
  known: null,
  views: null,
  beats: [],
  runs: null,
  events: [],
  route: readRoute(),
  dismissedRuns: [],
  notices: [],
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

/** Mirrors every feed into the store. */
export function connect(): void {
  const set = useWindow.setState;
  bridge = openBridge((link) => set({ link }));
  bridge.app.info((info) => set({ info }));
  bridge.app.preferences((preferences) => set({ preferences }));
  bridge.groups.known((known) => set({ known }));
  bridge.groups.views((views) => set({ views: received(views), nowMs: performance.now() }));
  bridge.groups.beats((beats) => set({ beats }));
  bridge.runs.recent((runs) => set({ runs: received(runs) }));
  bridge.events.recent((events) => set({ events }));
  addEventListener('hashchange', () => set({ route: readRoute() }));
  setInterval(() => set({ nowMs: performance.now() }), TICK_MS);
}
