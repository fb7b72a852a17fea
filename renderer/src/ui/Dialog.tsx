import { useId, useLayoutEffect, useRef, type ReactNode } from 'react';

/**
 * A native modal dialog: it keeps the focus inside, closes on Esc and gives the focus back. The browser focuses its first
 * control; `cautious` puts it on the first button instead, which is Cancel, where Enter must not act on something that
 * was not read. It is closed before it leaves the page: one that is only removed loses the focus.
 */
export function Dialog({
  title,
  children,
  buttons,
  onClose,
  cautious = false,
}: {
  readonly title: string;
  readonly children: ReactNode;
  readonly buttons: ReactNode;
  readonly onClose: () => void;
  readonly cautious?: boolean;
}) {
  const element = useRef<HTMLDialogElement>(null);
  const titleId = useId();
  useLayoutEffect(() => {
    const dialog = element.current;
    dialog?.showModal();
    if (cautious) dialog?.querySelector<HTMLElement>('.dialog-buttons button')?.focus();
    return () => dialog?.close();
  }, [cautious]);
  const closedByUser = (): void => {
    // The event comes late: a dialog that has been opened again since is not closed.
    if (element.current?.isConnected === true && !element.current.open) onClose();
  };
  return (
    <dialog ref={element} className="dialog" aria-labelledby={titleId} onClose={closedByUser}>
      <h2 id={titleId}>{title}</h2>
      <div className="dialog-body">{children}</div>
      <div className="dialog-buttons">{buttons}</div>
    </dialog>
  );
}
