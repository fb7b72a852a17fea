import { registerHooks } from 'node:module';

/** Gives the stand-in to whoever asks for `electron`. */
registerHooks({
  resolve: (name, context, next) =>
    name === 'electron'
      ? { url: new URL('electron.ts', import.meta.url).href, shortCircuit: true }
      : next(name, context),
});
