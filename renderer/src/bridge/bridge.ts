import { deriveBridge, type Bridge } from '../../../electron/ipc/contract.ts';
import { PageSocket, type AppLink } from './socket.ts';

declare global {
  interface Window {
    /** Put there by the preload script in Electron, and by tests; absent in a browser. */
    readonly understudy?: Bridge;
  }
}

/** The app behind this window, over whichever transport there is. */
export function openBridge(onLink: (link: AppLink) => void): Bridge {
  if (window.understudy === undefined) return deriveBridge(new PageSocket(onLink));
  onLink({ kind: 'open' });
  return window.understudy;
}
