import type { Failure } from '../../../agent/protocol/failure.ts';
import type { Reply } from '../../../electron/ipc/contract.ts';
import type { Theme } from '../../../electron/ipc/views.ts';
import { routeHash, type Route } from './route.ts';
import { app, useWindow, type OpenDialog } from './store.ts';

/** Shown at once; older ones give way. */
const MAX_NOTICES = 4;
let nextNotice = 0;

function notify(title: string, failure: Failure): void {
  nextNotice += 1;
  const notice = { id: nextNotice, title, failure };
  useWindow.setState(({ notices }) => ({ notices: [...notices, notice].slice(-MAX_NOTICES) }));
}

export function dismissNotice(id: number): void {
  useWindow.setState(({ notices }) => ({ notices: notices.filter((notice) => notice.id !== id) }));
}

/** Gives the value, or shows why there is none. */
export async function shown<Value>(title: string, reply: Promise<Reply<Value>>): Promise<Value | null> {
  const got = await reply;
  if (got.ok) return got.value;
  notify(title, got.failure);
  return null;
}

export function go(route: Route): void {
  location.hash = routeHash(route);
}

export async function startDemo(): Promise<void> {
  const started = await shown('The demo group did not start', app().groups.startDemo({}));
  if (started !== null) go({ page: 'overview', groupId: started.groupId });
}

export async function openGroup(groupId: string): Promise<void> {
  const opened = await app().groups.open({ groupId });
  if (opened.ok) go({ page: 'overview', groupId });
  else notify('The group could not be opened', opened.failure);
}

export async function closeGroup(groupId: string): Promise<void> {
  await shown('The group could not be closed', app().groups.close({ groupId }));
  go({ page: 'welcome', groupId: null });
}

export async function pullPlug(groupId: string, host: string): Promise<void> {
  await shown(`The plug of ${host} could not be pulled`, app().demo.pullPlug({ groupId, host }));
}

export async function powerOn(groupId: string, host: string): Promise<void> {
  await shown(`${host} could not be powered on`, app().demo.powerOn({ groupId, host }));
}

export async function setTheme(theme: Theme): Promise<void> {
  await shown('The theme could not be saved', app().app.setTheme({ theme }));
}

export function openDialog(dialog: OpenDialog): void {
  useWindow.setState({ dialog });
}

export function openSwitchOver(groupId: string, vmId: string | null): void {
  openDialog({ kind: 'switch-over', groupId, vmId });
}

export function closeDialog(): void {
  useWindow.setState({ dialog: null });
}

export function dismissRun(id: string): void {
  useWindow.setState(({ dismissedRuns }) => ({ dismissedRuns: [...dismissedRuns.slice(-100), id] }));
}
