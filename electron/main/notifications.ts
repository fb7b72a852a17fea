import { Notification } from 'electron';
import type { App } from '../app/app.ts';
import { type Alert, nextAlerts, noMemory } from '../app/desktop/alerts.ts';
import type { Place } from '../app/desktop/tray.ts';

/** Notifications that wait for a click at a time; a desktop shows no more, and older ones are in the events. */
const MAX_SHOWN = 20;

/**
 * Tells what happened while the window is not in front. A later notification of the same thing takes the earlier one's
 * place; a click opens the story. Where the desktop shows none, nothing is lost: the events have it all.
 */
export function notify(app: App, isInFront: () => boolean, open: (place: Place) => void): void {
  const shown = new Map<string, Notification>();
  const show = ({ key, title, body, place }: Alert): void => {
    shown.get(key)?.close();
    shown.delete(key);
    const notification = new Notification({ title, body });
    const forget = (): void => {
      if (shown.get(key) === notification) shown.delete(key);
    };
    notification.on('click', () => {
      forget();
      open(place);
    });
    notification.on('close', forget);
    notification.on('failed', forget);
    shown.set(key, notification);
    for (const oldest of [...shown.keys()].slice(0, -MAX_SHOWN)) shown.delete(oldest);
    notification.show();
  };
  let memory = noMemory;
  const look = (): void => {
    const { feeds } = app;
    const [next, alerts] = nextAlerts(memory, {
      nowMs: performance.now(),
      groups: feeds.latest('groups.views') ?? [],
      runs: feeds.latest('runs.recent') ?? [],
      incidents: feeds.latest('incidents.recent') ?? [],
    });
    memory = next;
    const wanted = feeds.latest('settings.values')?.notifications;
    if (isInFront()) return;
    for (const alert of alerts) if (wanted?.[alert.kind] ?? true) show(alert);
  };
  // The app publishes the runs after the views they were made from, at least once a second.
  app.feeds.subscribe('runs.recent', look);
}

/** Said once, when the window goes to the tray for the first time. */
export function explainTray(): boolean {
  if (!Notification.isSupported()) return false;
  new Notification({
    title: 'Understudy goes on in the tray',
    body: 'Its icon shows whether the VMs are protected. The hosts watch each other also without this app.',
  }).show();
  return true;
}
