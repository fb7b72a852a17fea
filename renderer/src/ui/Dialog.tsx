import { useId, useLayoutEffect, useRef, type ReactNode } from 'react';

/**
 * A native modal dialog: the browser focuses its first control (so Cancel comes first), keeps the focus inside, closes
 * on Esc and gives the focus back. It is closed before it leaves the page: one that is only removed loses the focus.
 */
export function Dialog({
  title,
  children,
  buttons,
  onClose,
}: {
  readonly title: string;
  readonly children: ReactNode;
  readonly buttons: ReactNode;
  readonly onClose: () => void;
}) {
  const element = useRef<HTMLDialogElement>(null);
  const titleId = useId();
  useLayoutEffect(() => {
    const dialog = element.current;
    dialog?.showModal();
    return () => dialog?.close();
  }, []);
  const closedByUser = (): void => {
    if (element.current?.isConnected === true) onClose();
  };
  return (
    <dialog ref={element} className="dialog" aria-labelledby={titleId} onClose={closedByUser}>
      <h2 id={titleId}>{title}</h2>
      <div className="dialog-body">{children}</div>
      <div className="dialog-buttons">{buttons}</div>
    </dialog>
  );
}
