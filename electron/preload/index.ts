import { contextBridge, ipcRenderer } from 'electron';
import { deriveBridge } from '../ipc/contract.ts';

/** The whole bridge follows from the contract: this file never grows. */
contextBridge.exposeInMainWorld(
  'understudy',
  deriveBridge({
    call: (name, input) => ipcRenderer.invoke('call', name, input),
    subscribe: (name, onValue) => {
      const listener = (_event: unknown, value: unknown): void => onValue(value);
      ipcRenderer.on(name, listener);
      ipcRenderer.send('subscribe', name);
      return () => void ipcRenderer.off(name, listener);
    },
  }),
);
