/** Exit codes of the console: 0 is done. */
export const FAILED = 1;
export const WRONG_USAGE = 2;
/** The checks found something that stops. */
export const CHECKS_FAILED = 3;
