import { useEffect } from 'react';
import { onShortcut } from '../commands/shortcuts.ts';
import { useWindow } from '../store/store.ts';
import { KeysDialog } from './KeysDialog.tsx';
import { Palette } from './Palette.tsx';
import { PauseDialog } from './PauseDialog.tsx';
import { SwitchOverDialog } from './SwitchOverDialog.tsx';

/** The dialog that is open, if one is; and the keys that open some. */
export function Dialogs() {
  const dialog = useWindow((state) => state.dialog);
  const groupId = dialog !== null && 'groupId' in dialog ? dialog.groupId : null;
  const group = useWindow(({ groups }) => groups?.find(({ id }) => id === groupId) ?? null);
  useEffect(() => {
    addEventListener('keydown', onShortcut);
    return () => removeEventListener('keydown', onShortcut);
  }, []);
  if (dialog === null) return null;
  if (dialog.kind === 'palette') return <Palette />;
  if (dialog.kind === 'keys') return <KeysDialog />;
  if (group === null) return null;
  if (dialog.kind === 'pause') return <PauseDialog key={dialog.host} group={group} host={dialog.host} />;
  return <SwitchOverDialog key={dialog.vmId} group={group} vmId={dialog.vmId} />;
}
