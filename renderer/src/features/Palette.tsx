import { useLayoutEffect, useMemo, useRef, useState, type KeyboardEvent } from 'react';
import { commandsFor, type Command } from '../commands/commands.ts';
import { closeDialog } from '../store/actions.ts';
import { useWindow } from '../store/store.ts';

/** Shown at once; who looks for more types another letter. */
const SHOWN = 40;

/** How well a command fits the words that were typed: all must be in it; those that begin a word count more. */
function rank({ title, area }: Command, typed: readonly string[]): number {
  const text = `${title} ${area}`.toLowerCase();
  let sum = 0;
  for (const word of typed) {
    const at = text.indexOf(word);
    if (at < 0) return -1;
    sum += at === 0 ? 3 : text[at - 1] === ' ' ? 2 : 1;
  }
  return sum;
}

function matching(commands: readonly Command[], text: string): readonly Command[] {
  const typed = text.toLowerCase().split(/\s+/).filter(Boolean);
  if (typed.length === 0) return commands.slice(0, SHOWN);
  return commands
    .map((command) => ({ command, rank: rank(command, typed) }))
    .filter((each) => each.rank >= 0)
    .toSorted((a, b) => b.rank - a.rank)
    .slice(0, SHOWN)
    .map(({ command }) => command);
}

function perform({ off, perform: act }: Command): void {
  if (off !== null) return;
  closeDialog();
  act();
}

/** Up and down go through the field and what was found; the browser does the rest. */
function moveFocus(event: KeyboardEvent<HTMLDialogElement>): void {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step === undefined) return;
  const stops = [...event.currentTarget.querySelectorAll<HTMLElement>('input, .palette-option')];
  const at = stops.findIndex((stop) => stop === document.activeElement);
  event.preventDefault();
  stops[(at + step + stops.length) % stops.length]?.focus();
}

/** Everything that can be done, found by typing. Arrow keys choose, Enter does it, Esc closes. */
export function Palette() {
  const dialog = useRef<HTMLDialogElement>(null);
  const [text, setText] = useState('');
  // Taken once on opening: a list that changes under the arrow keys would do what was not meant.
  const commands = useMemo(() => commandsFor(useWindow.getState()), []);
  const found = matching(commands, text);
  const first = found[0];
  useLayoutEffect(() => {
    const element = dialog.current;
    element?.showModal();
    return () => element?.close();
  }, []);
  return (
    <dialog
      ref={dialog}
      className="dialog palette"
      aria-label="Find or do"
      onKeyDown={moveFocus}
      onClose={() => {
        if (dialog.current?.isConnected === true && !dialog.current.open) closeDialog();
      }}
    >
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (first !== undefined) perform(first);
        }}
      >
        <input
          className="palette-input"
          aria-label="Find a page, a VM or something to do"
          placeholder="Find a page, a VM or something to do"
          autoComplete="off"
          spellCheck={false}
          value={text}
          onChange={(event) => setText(event.target.value)}
        />
      </form>
      <ul className="palette-list" aria-label="What can be done">
        {found.map((command) => (
          <li key={command.id}>
            <button
              type="button"
              className={command === first ? 'palette-option palette-first' : 'palette-option'}
              aria-disabled={command.off !== null}
              onClick={() => perform(command)}
            >
              <span className="palette-title">{command.title}</span>
              <span className="palette-note">{command.off ?? command.note ?? command.area}</span>
            </button>
          </li>
        ))}
      </ul>
      <output className={found.length === 0 ? 'empty' : 'visually-hidden'}>
        {found.length === 0 ? `Nothing matches "${text}".` : `${found.length} found`}
      </output>
    </dialog>
  );
}
