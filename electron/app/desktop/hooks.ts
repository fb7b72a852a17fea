/** A switch of the desktop that the app may turn; `refused` says in a sentence why it can't here. */
export interface LoginItem {
  readonly refused: string | null;
  get(): Promise<boolean>;
  /** Rejects with the system's reason. */
  set(on: boolean): Promise<void>;
}

/** What the shell around the app offers; a browser offers none of it. */
export interface DesktopHooks {
  readonly loginItem: LoginItem;
  /** `refused`, as it is now: closing the window ends the app, because nothing would show how to get it back. */
  readonly tray: { readonly refused: string | null };
}
