import { pageKeys } from '../commands/commands.ts';
import { closeDialog } from '../store/actions.ts';
import { Button } from '../ui/Button.tsx';
import { Dialog } from '../ui/Dialog.tsx';

const everywhere: readonly { readonly keys: readonly string[]; readonly does: string }[] = [
  { keys: ['Ctrl', 'K'], does: 'Find a page, a VM or something to do' },
  { keys: ['F1'], does: 'This list' },
  ...pageKeys.map(({ key, name }) => ({ keys: ['Alt', key], does: name })),
  { keys: ['Tab'], does: 'To the next control; Shift and Tab to the one before' },
  { keys: ['Enter'], does: 'Follow a link, press a button' },
  { keys: ['Esc'], does: 'Close a dialog; nothing is done' },
];

/** All keys there are. On a Mac, Command stands for Ctrl. */
export function KeysDialog() {
  return (
    <Dialog
      title="Keyboard shortcuts"
      onClose={closeDialog}
      buttons={
        <Button look="primary" onPress={closeDialog}>
          Close
        </Button>
      }
    >
      <dl className="keys">
        {everywhere.map(({ keys, does }) => (
          <div key={does}>
            <dt>
              {keys.map((key) => (
                <kbd key={key}>{key}</kbd>
              ))}
            </dt>
            <dd>{does}</dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}
