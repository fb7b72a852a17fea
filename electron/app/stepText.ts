/** What a step of a start, stop or switchover means to people. Agents name steps by short words. */
const TEXTS: Readonly<Record<string, string>> = {
  acquire: 'Taking the token on the store',
  fetch: 'Fetching the definition from the store',
  place: 'Putting the definition in place',
  beginStart: 'Opening the start gate',
  create: 'Creating the VM, paused',
  mayContinue: 'Checking the lease once more',
  resume: 'Letting it run',
  endStart: 'Closing the start',
  undo: 'Undoing the start',
  undoWait: 'Making sure that nothing of it is left',
  endFailed: 'Telling the keeper that the start failed',
  restartApp: 'Restarting the application in the guest',
  reset: 'Resetting the guest',
  note: 'Writing down what is wanted',
  shutdown: 'Asking the guest to shut down',
  waitOff: 'Waiting for the guest to shut down',
  destroy: 'Cutting its power',
  kill: 'Ending its processes',
  waitGone: 'Making sure that it is gone',
  publish: 'Publishing the definition',
  release: 'Giving the token up',
  migrate: 'Moving the running guest',
  receive: 'Receiving the guest, paused',
  expect: 'Getting ready to receive the guest',
  wait: 'Receiving the guest, paused',
  awaitTaker: 'Waiting for the other host to take it',
};

/** A step that is not known here, of a newer agent, is shown as it came. */
export function stepText(step: string): string {
  return TEXTS[step] ?? step.charAt(0).toUpperCase() + step.slice(1);
}

const WHILE_IT_RUNS: ReadonlySet<string> = new Set(['migrate', 'receive', 'expect', 'wait']);
/** A guest that was to be moved and is begun anew instead, because its copy is gone, was not moved either. */
const ANEW: ReadonlySet<string> = new Set([
  'shutdown',
  'waitOff',
  'destroy',
  'kill',
  'fetch',
  'place',
  'create',
]);

/** Whether at this step a guest is moved while it runs, or (false) is shut down or started; null: a step of both ways. */
export function isLiveStep(step: string): boolean | null {
  if (WHILE_IT_RUNS.has(step)) return true;
  return ANEW.has(step) ? false : null;
}
