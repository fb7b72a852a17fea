import { go, openDialog } from '../store/actions.ts';
import { currentGroup } from '../store/selectors.ts';
import { useWindow } from '../store/store.ts';
import { pageKeys } from './commands.ts';

/** Keys that work everywhere. All have a modifier or are function keys, so that none gets in the way of typing. */
export function onShortcut(event: KeyboardEvent): void {
  if (event.repeat || useWindow.getState().dialog !== null) return;
  if ((event.ctrlKey || event.metaKey) && !event.altKey && event.key.toLowerCase() === 'k') {
    event.preventDefault();
    openDialog({ kind: 'palette' });
    return;
  }
  if (event.key === 'F1') {
    event.preventDefault();
    openDialog({ kind: 'keys' });
    return;
  }
  if (!event.altKey || event.ctrlKey || event.metaKey) return;
  // By its place on the board: with Alt held, some layouts make another sign of the key.
  const found = pageKeys.find(({ key }) => event.code === `Digit${key}`);
  if (found === undefined) return;
  event.preventDefault();
  go({ page: found.page, groupId: currentGroup(useWindow.getState())?.id ?? null });
}
